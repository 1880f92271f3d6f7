// Runs before the first paint. The key and the colours are those of src/lib/components/shell/theme.ts.
(function () {
  try {
    var theme = localStorage.getItem('undercroft-theme');
    if (theme !== 'light' && theme !== 'dark') return;
    document.documentElement.dataset.theme = theme;
    document.querySelectorAll('meta[name="theme-color"]').forEach(function (meta) {
      meta.setAttribute('content', theme === 'dark' ? '#121413' : '#f5f2ec');
    });
  } catch {
    // Storage is blocked: the system's theme it is.
  }
})();
