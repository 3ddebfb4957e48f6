"""The look of the page: one style sheet for wide and narrow screens, light and dark, and paper."""

CSS = """
:root{color-scheme:light dark;--paper:#fff;--card:#f3f6f9;--ink:#16202a;--soft:#52606d;--rule:#d5dde5;--mark:#0b6bab}
@media (prefers-color-scheme:dark){
:root{--paper:#12171c;--card:#1c242c;--ink:#e8edf2;--soft:#a9b6c2;--rule:#36424e;--mark:#6cc0f5}
polyline[stroke="#0072B2"]{stroke:#56b4e9}
circle[fill="#0072B2"]{fill:#56b4e9}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main,header,footer{max-width:72rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.25rem}
.eyebrow{margin:0;color:var(--soft);font-size:.875rem;letter-spacing:.04em}
h1{margin:.1em 0 .35em;font-size:clamp(1.5rem,5vw,2.25rem);line-height:1.15;overflow-wrap:anywhere}
h2{margin:0 0 .6rem;font-size:1.35rem;line-height:1.2}
h3{margin:1.4rem 0 .4rem;font-size:1.05rem}
p{margin:.4rem 0 .8rem;max-width:46rem;overflow-wrap:anywhere}
.hero{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1em .5em;margin:0 0 .6rem;max-width:none}
.hero strong{font-size:clamp(2.75rem,11vw,4.5rem);line-height:1;color:var(--mark);font-variant-numeric:tabular-nums}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:1rem 0 0;padding:.6rem 0;list-style:none;
border-block:1px solid var(--rule)}
nav a{color:var(--mark);display:inline-block;padding:.15rem 0}
section{padding-top:2.25rem}
dl{margin:0}
dd{margin:0}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem}
.key div{background:var(--card);border-radius:.5rem;padding:.7rem .9rem}
.key dt{color:var(--soft);font-size:.875rem}
.key dd{font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.key small{display:block;font-size:.8125rem;font-weight:400;color:var(--soft)}
.list>div{display:grid;grid-template-columns:minmax(8rem,15rem) 1fr;gap:1rem;padding:.35rem 0;
border-bottom:1px solid var(--rule)}
.list dt{color:var(--soft)}
.list dd{overflow-wrap:anywhere}
.list small{display:block;color:var(--soft);font-size:.875rem}
@media (min-width:60rem){.two{columns:2;column-gap:3rem}.two>div{break-inside:avoid}}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1rem 2rem}
figure{margin:.5rem 0 1rem;min-width:0}
figcaption,caption,.note{color:var(--soft);font-size:.875rem}
.scroll{overflow-x:auto;max-width:100%;margin:.4rem 0 1rem}
.scroll:focus-visible,a:focus-visible,summary:focus-visible{outline:3px solid var(--mark);outline-offset:2px}
table{border-collapse:collapse;font-size:.9375rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.2rem 0}
caption span{display:inline-block;position:sticky;left:0;max-width:min(46rem,calc(100vw - 2rem))}
tbody th{position:sticky;left:0;background:var(--paper);background-clip:padding-box;
overflow-wrap:break-word;max-width:14rem}
th,td{padding:.3rem .65rem;text-align:left;border-bottom:1px solid var(--rule);vertical-align:middle}
th{font-weight:600}
thead th{border-bottom:2px solid var(--rule);vertical-align:bottom}
.n{text-align:right;white-space:nowrap}
.heat td,.heat th{padding:.3rem .45rem;border:1px solid var(--rule)}
.heat td{text-align:center;min-width:2.4rem}
.heat thead .n{text-align:center}
.none{color:var(--soft)}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(7rem,1fr));gap:.9rem;margin:.6rem 0 1rem}
.mistakes figure{margin:0}
.mistakes img{display:block;width:100%;height:auto;image-rendering:pixelated;border:1px solid var(--rule)}
.mistakes b{white-space:nowrap}
.finding{border-left:.3rem solid #d55e00;background:var(--card);padding:.6rem .9rem;margin:0 0 .75rem;
border-radius:0 .4rem .4rem 0}
.finding h3{margin:0 0 .2rem}
.finding p{margin:.15rem 0}
code,pre{font:.9em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--card);padding:.7rem .9rem;border-radius:.4rem;white-space:pre-wrap;
overflow-wrap:anywhere;margin:.4rem 0}
details{margin:.3rem 0}
summary{cursor:pointer;color:var(--mark);font-size:.875rem;padding:.2rem 0}
footer{padding-block:2.5rem;color:var(--soft);font-size:.875rem}
@media (max-width:34rem){
.list>div{grid-template-columns:1fr;gap:0}
.mistakes{grid-template-columns:repeat(auto-fill,minmax(5.5rem,1fr))}
main,header,footer{padding-inline:1rem}
table{font-size:.875rem}
th,td{padding:.3rem .4rem}
}
@media print{
@page{margin:14mm}
:root{--paper:#fff;--card:#f3f6f9;--ink:#000;--soft:#444;--rule:#bbb;--mark:#0b6bab;color-scheme:light}
body{font-size:10pt}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
main,header,footer{max-width:none;padding-inline:0}
nav,details{display:none}
.scroll{overflow:visible}
table{font-size:8pt}
.heat td,.heat th{padding:.15rem .25rem;min-width:0}
figure,tr,.finding,.key div,.list>div,pre{break-inside:avoid}
h2,h3,caption{break-after:avoid}
section{padding-top:1.2rem}
.charts{grid-template-columns:1fr 1fr}
.key{grid-template-columns:repeat(6,1fr);gap:.4rem}
.key div{padding:.4rem .5rem}
.key dt,.key small{font-size:7.5pt}
.key dd{font-size:11pt}
.list{columns:2}
tbody th{position:static}
.mistakes{grid-template-columns:repeat(8,1fr);font-size:8pt}
.mistakes figcaption{font-size:7.5pt}
}
"""
