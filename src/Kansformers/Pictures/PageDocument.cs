namespace Kansformers.Pictures;

/// <summary>What pages of reports have in common: one file, in which all lies, that reads in light and dark, on narrow and wide screens and on paper.</summary>
internal static class PageDocument
{
    // c0 to c7 after Okabe and Ito, whom people with few colours can tell apart; darkened on white and lightened on black until text of each has a contrast of 4.5 to 1.
    private const string Css = """
        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1b2127; --faded: #56616b; --lines: #e3e7ea; --panel: #f6f8f9;
          --c0: #0067a5; --c1: #b34700; --c2: #00734c; --c3: #a03c7c; --c4: #6a4c93; --c5: #7a5c00; --c6: #9e2a2b; --c7: #3d5a66; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14181c; --ink: #e8ecef; --faded: #a3afb9; --lines: #2b333a; --panel: #1c2227;
          --c0: #5db8ec; --c1: #f2994a; --c2: #43c59e; --c3: #e695c7; --c4: #b8a1e3; --c5: #dcc14a; --c6: #f08a8b; --c7: #9fb8c4; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1360px; padding: 24px clamp(14px, 3vw, 40px) 56px; background: var(--paper); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
        h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
        h3 { font-size: 1rem; margin: 0; }
        .lead { font-size: 1.12rem; max-width: 76ch; margin: 0 0 .4rem; }
        .faded, figcaption { color: var(--faded); }
        p.faded { max-width: 90ch; margin: .2rem 0; }
        code { font-size: .9em; background: var(--panel); padding: 1px 5px; border-radius: 4px; }
        """;

    /// <summary>How many colours there are, --c0 and so on.</summary>
    public const int Colors = 8;

    /// <summary>A page up to the beginning of its body.</summary>
    /// <param name="title">Its title, not escaped yet.</param>
    /// <param name="css">Its own style.</param>
    // A browser holds the page to it that nothing comes from elsewhere.
    public static string Begin(string title, string css) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
        <title>{SvgDocument.Escape(title)}</title>
        <style>
        {Css}
        {css}
        </style>
        </head>
        <body>

        """;

    /// <summary>The end of a page, with its data and what makes it move.</summary>
    /// <param name="id">The name of the element with the data.</param>
    /// <param name="json">The data; of a serializer that writes &lt; and &gt; as \u003C and \u003E, so that no name in it ends the script.</param>
    /// <param name="script">The script.</param>
    public static string End(string id, string json, string script) => $"<script type=\"application/json\" id=\"{id}\">{json}</script>\n<script>\n{script}</script>\n</body>\n</html>\n";
}
