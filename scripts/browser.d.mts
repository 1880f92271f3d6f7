export declare function findOrInstallBrowser(): Promise<string | undefined>;
