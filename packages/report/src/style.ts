/** Of every page: light or dark as the reader has it, one column on a phone. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d5d8dc, #3c4148); --soft: light-dark(#f4f5f7, #22262b); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; color: light-dark(#1d2126, #e4e7ea); background: light-dark(#fff, #15181b); }
main { margin: 0 auto; max-width: 70rem; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; overflow-wrap: anywhere; }
h3 { font-size: 0.95rem; margin: 0; overflow-wrap: anywhere; }
p, li, dd { overflow-wrap: anywhere; }
a { color: light-dark(#0b57a8, #8cc4ff); }
.table { overflow-x: auto; margin: 0.5rem 0 1.5rem; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
td:not(:first-child) { white-space: nowrap; }
td:first-child { min-width: 7rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.warning { background: light-dark(#fff3cd, #3d3313); border: 1px solid light-dark(#e0b400, #8f7400); padding: 0.6rem 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.5rem 0; }
dt { color: light-dark(#565d66, #a3abb5); }
dd { margin: 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem 1.5rem; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; font-size: 0.9rem; }
figure svg[role="img"] { width: 100%; height: auto; --plot-background: transparent; }
.utterances { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
article { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem; min-width: 0; }
article ul { margin: 0.4rem 0 0; padding-left: 1.1rem; font-size: 0.9rem; }
blockquote { margin: 0.4rem 0; overflow-wrap: anywhere; }
article svg { display: block; width: 100%; height: 44px; color: light-dark(#4a7fb5, #7fb3e6); }
audio { width: 100%; height: 36px; }
`;
