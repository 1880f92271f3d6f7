/** How many rows of a long list are shown until more are asked for. */
export const PAGE = 50;
