/** The page's style: quiet, tabular, light and dark. Colour never stands alone: every state has its word. */
export const STYLE = `
:root {
  --page: #f6f7f8; --card: #fff; --line: #e2e5e8; --ink: #1b2126; --soft: #5d6871;
  --good: #12806a; --busy: #3465b8; --warn: #96610a; --bad: #c02b2b; --idle: #6b7680;
  --settled: #12806a; --read: #79c4b2; --unread: #c9d0d6; --stuck: #e0a12e; --gap: #d63a3a; --blank: #eef0f2;
  --note-warn: #fdf6e7; --note-bad: #fdf0ef;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181b; --card: #1b2024; --line: #2c3338; --ink: #e4e8eb; --soft: #98a4ad;
    --good: #45bfa3; --busy: #7fa8ee; --warn: #dfaa4e; --bad: #f1817b; --idle: #94a0a9;
    --settled: #2a9d83; --read: #1d5c50; --unread: #465058; --stuck: #c98f26; --gap: #e2504a; --blank: #23292e;
    --note-warn: #2a2418; --note-bad: #2f1e1e;
  }
}
* { box-sizing: border-box; margin: 0; }
html { -webkit-text-size-adjust: 100%; }
body {
  max-width: 66rem; margin: 0 auto; padding: 1.75rem 1.25rem 2.5rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
h1 { font-size: 1.3rem; font-weight: 650; letter-spacing: -.01em; line-height: 1.25; }
h2 { font-size: 1.05rem; font-weight: 620; line-height: 1.35; }
h3 { margin: 1.1rem 0 .3rem; font-size: .8rem; font-weight: 600; color: var(--soft); }
.top { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .2rem 1.5rem; margin-bottom: 1rem; }
.top p { color: var(--soft); }
b { font-weight: 620; }
b.bad { color: var(--bad); }
.quiet, .sub, footer { color: var(--soft); font-size: .85rem; }
footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .2rem 1.5rem; margin-top: 1.25rem; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; padding: 0; margin-bottom: .9rem; list-style: none; color: var(--soft); font-size: .82rem; }
.legend li { white-space: nowrap; }
.legend i, td i { display: inline-block; width: .7rem; height: .7rem; margin-right: .4rem; border-radius: 2px; vertical-align: -.03rem; }
i.settled { background: var(--settled); } i.read { background: var(--read); } i.unread { background: var(--unread); }
i.stuck { background: var(--stuck); } i.gap { background: var(--gap); }
.card { padding: 1.05rem 1.25rem 1.15rem; margin-bottom: .9rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.card > header { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; }
.state { flex: none; font-size: .9rem; font-weight: 600; white-space: nowrap; }
.state i { display: inline-block; width: .55rem; height: .55rem; margin-right: .45rem; border-radius: 50%; background: currentColor; }
.state.good { color: var(--good); } .state.busy { color: var(--busy); } .state.warn { color: var(--warn); }
.state.bad { color: var(--bad); } .state.idle { color: var(--idle); } .state.idle i { background: none; border: 2px solid currentColor; }
.note { padding: .6rem .8rem; margin-top: .8rem; border-radius: 6px; font-size: .92rem; }
.note.warn, .note.good, .note.busy { background: var(--note-warn); } .note.bad { background: var(--note-bad); }
.note p + p { margin-top: .2rem; }
.config { margin: 0 0 1rem; }
.note.bad b { color: var(--bad); } .note.warn b { color: var(--warn); }
code { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.strip { margin: .95rem 0 .1rem; }
.strip svg { display: block; width: 100%; height: 22px; border-radius: 4px; }
rect.blank { fill: var(--blank); } rect.settled { fill: var(--settled); } rect.read { fill: var(--read); }
rect.unread { fill: var(--unread); } rect.stuck { fill: var(--stuck); } rect.gap { fill: var(--gap); }
figcaption { position: relative; height: 1.25rem; margin-top: .2rem; color: var(--soft); font-size: .75rem; white-space: nowrap; }
figcaption span { position: absolute; transform: translateX(-50%); }
figcaption span:nth-child(1) { left: 0; transform: none; }
figcaption span:nth-child(2) { left: 25%; } figcaption span:nth-child(3) { left: 50%; } figcaption span:nth-child(4) { left: 75%; }
figcaption span:nth-child(5) { right: 0; transform: none; }
dl { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: .7rem 1.25rem; margin-top: .85rem; }
dt { color: var(--soft); font-size: .78rem; }
dd { line-height: 1.35; }
table { width: 100%; border-collapse: collapse; font-size: .88rem; }
td { padding: .3rem 1rem .3rem 0; border-top: 1px solid var(--line); vertical-align: baseline; }
td:last-child { padding-right: 0; }
td:first-child { width: 36%; }
td:nth-child(2) { white-space: nowrap; }
td.progress { width: 32%; white-space: nowrap; text-align: right; }
td.progress span { display: inline-block; min-width: 3.2em; }
progress { width: calc(100% - 3.6em); height: .5rem; vertical-align: .05rem; border: 0; border-radius: 4px; overflow: hidden; background: var(--blank); appearance: none; -webkit-appearance: none; }
progress::-webkit-progress-bar { background: var(--blank); }
progress::-webkit-progress-value { background: var(--busy); }
progress::-moz-progress-bar { background: var(--busy); }
.welcome p { margin: .5rem 0; max-width: 44rem; }
pre { padding: .8rem 1rem; margin: .8rem 0; border-radius: 6px; background: var(--blank); overflow-x: auto; }
@media (max-width: 46rem) {
  body { padding: 1.1rem .8rem 2rem; }
  .card { padding: .9rem .95rem 1rem; }
  dl { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  figcaption span:nth-child(even) { display: none; }
  td, tr, table, tbody { display: block; }
  td { padding: 0; border: 0; }
  td:first-child, td.progress { width: 100%; }
  tr { padding: .4rem 0; border-top: 1px solid var(--line); }
}
`;
