namespace Kansformers.Scaling;

/// <summary>Style and script of the page, beside what it has in common with other reports.</summary>
internal static class PageStyle
{
    public const string Css = """
        fieldset { display: flex; flex-wrap: wrap; gap: 4px 18px; border: 0; padding: 0; margin: 1.2rem 0 .4rem; }
        legend { float: left; padding: 0; margin-right: 18px; color: var(--faded); }
        label { display: inline-flex; align-items: center; gap: 7px; cursor: pointer; min-height: 28px; }
        label i { width: 13px; height: 13px; border-radius: 3px; background: currentColor; }
        .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 22px 26px; margin-top: 10px; }
        figure { margin: 0; max-width: 560px; }
        svg { display: block; width: 100%; height: auto; font-size: 12.5px; font-variant-numeric: tabular-nums; border-radius: 6px; }
        svg text { fill: var(--faded); }
        svg .name { fill: var(--ink); }
        svg .label { fill: var(--c); font-size: 12px; font-weight: 600; }
        svg .end { text-anchor: end; } svg .mid { text-anchor: middle; }
        .grid { stroke: var(--lines); } .axis { stroke: var(--faded); }
        .line { fill: none; stroke: color-mix(in oklab, var(--c) var(--shade, 100%), var(--paper)); stroke-width: 2; stroke-linejoin: round; }
        .thin { stroke-width: 1.3; } .faint { opacity: .2; } .dash { stroke-dasharray: 6 4; stroke-width: 1.6; }
        .band { fill: var(--c); opacity: .15; }
        .mark { fill: var(--c); stroke: var(--paper); stroke-width: .8; }
        .hollow { fill: var(--paper); stroke: var(--c); stroke-width: 1.8; }
        .on { stroke: var(--ink); stroke-width: 2.6; }
        .plain { --c: var(--faded); }
        figcaption { font-size: .84rem; line-height: 1.4; min-height: 4.2em; margin-top: 4px; font-variant-numeric: tabular-nums; }
        .reading { color: var(--ink); }
        .scroll { overflow-x: auto; } .scroll:focus-visible, svg:focus-visible, summary:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; margin-bottom: .4rem; }
        th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--lines); text-align: right; vertical-align: top; white-space: nowrap; }
        th { color: var(--faded); font-weight: 600; } .w { text-align: left; } td.wrap { white-space: normal; min-width: 16ch; }
        caption { text-align: left; font-weight: 600; padding: 14px 0 4px; }
        ul { padding-left: 1.2em; max-width: 90ch; } summary { cursor: pointer; font-weight: 600; margin-top: 2rem; }
        [data-off] { display: none; }
        @media print { body { max-width: none; } figure { break-inside: avoid; } .hint, fieldset { display: none; } }
        """;

    // Marks are found by the pointer (the nearest within reach) or by arrow keys; boxes show and hide groups.
    public const string Script = """
        "use strict";
        const runs = JSON.parse(document.getElementById("runs").textContent);
        for (const figure of document.querySelectorAll("figure")) {
          const svg = figure.querySelector("svg"), read = figure.querySelector("figcaption"), hint = read.textContent;
          let on = null;
          const marks = () => [...svg.querySelectorAll(".mark:not([data-off])")];
          const show = mark => {
            if (on) on.classList.remove("on");
            on = mark;
            if (on) on.classList.add("on");
            read.textContent = on ? runs[on.dataset.r] : hint;
            read.classList.toggle("reading", !!on);
          };
          const pointed = event => {
            const scale = 440 / svg.clientWidth, box = svg.getBoundingClientRect();
            const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
            let best = null, least = 28 * 28;
            for (const mark of marks()) {
              const far = (mark.dataset.x - x) ** 2 + (mark.dataset.y - y) ** 2;
              if (far < least) { least = far; best = mark; }
            }
            show(best);
          };
          svg.addEventListener("pointermove", pointed);
          svg.addEventListener("pointerdown", pointed);
          svg.addEventListener("pointerleave", () => { if (document.activeElement !== svg) show(null); });
          svg.addEventListener("blur", () => show(null));
          svg.addEventListener("keydown", event => {
            const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            const all = marks().sort((a, b) => a.dataset.x - b.dataset.x || a.dataset.y - b.dataset.y);
            if (event.key === "Escape") show(null);
            if (!step || !all.length) return;
            event.preventDefault();
            const at = all.indexOf(on);
            show(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
          });
        }
        for (const box of document.querySelectorAll("fieldset input"))
          box.addEventListener("change", () => {
            for (const part of document.querySelectorAll(`[data-g="${box.value}"]`)) part.toggleAttribute("data-off", !box.checked);
          });
        """;
}
