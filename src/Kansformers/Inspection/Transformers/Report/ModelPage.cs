using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Pictures;

namespace Kansformers.Inspection;

/// <summary>Writes a report as one HTML file: all numbers as one block of JSON, of which the script makes what is seen.</summary>
internal static class ModelPage
{
    public static string Write(ModelReport report)
    {
        string sample = report.Sample is { } held
            ? string.Create(CultureInfo.InvariantCulture, $" Losses without a function are of {held.Tokens} tokens of the {(held.IsHeldOut ? "held-out split" : "training text")}, where the whole model has {held.Loss:0.0000}; ± is the standard error of the paired difference.")
            : "";
        string names = string.Concat(report.Layers.Select(layer => string.Create(CultureInfo.InvariantCulture, $"<li>{Escape(layer.Name)}: {Escape(layer.Kind)}, {layer.Functions} functions</li>")));
        string command = report.Command is string made ? $"<p class=\"faded\">Made by <code>{Escape(made)}</code></p>" : "";
        string body = $"""
            <header>
            <h1>{Escape(report.Title)}</h1>
            <p class="lead" id="lead"></p>
            </header>
            <noscript><p>The curves of this page are drawn by its script, which needs nothing from elsewhere. The layers:</p><ul>{names}</ul></noscript>
            <div class="columns">
            <nav aria-label="Layers"><h2 id="layers-title">Layers</h2><div id="layers" role="listbox" aria-labelledby="layers-title"></div></nav>
            <main>
            <section id="one" aria-live="polite" aria-labelledby="one-title"></section>
            <section aria-labelledby="all-title">
            <div class="bar"><h2 id="all-title">Functions</h2><label class="find">Filter <input id="filter" type="search" placeholder="3 → 7, formula, sin" aria-controls="functions" autocomplete="off" spellcheck="false"></label></div>
            <p class="faded" id="told"></p>
            <div id="functions" role="listbox" aria-labelledby="all-title"></div>
            </section>
            </main>
            </div>
            <footer>
            <p class="faded hint"><kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd> functions, <kbd>[</kbd> <kbd>]</kbd> layers, <kbd>/</kbd> filter, <kbd>Home</kbd> <kbd>End</kbd> first and last; in the large picture arrows move the cross.</p>
            <p class="faded">Attribution is what the loss rises by, in nats a token, when a function becomes its mean, by the loss' second-order expansion, measured on {report.Tokens.ToString(CultureInfo.InvariantCulture)} tokens. Share is a function's deviation over its output's.{Escape(sample)}</p>
            {command}
            </footer>

            """;
        return PageDocument.Begin(report.Title, Resource("css")) + body + PageDocument.End("report", Data(report).ToJsonString(), Resource("js"));
    }

    private static JsonObject Data(ModelReport report) => new()
    {
        ["title"] = report.Title,
        ["tokens"] = report.Tokens,
        ["sample"] = report.Sample is { } sample ? new JsonObject { ["tokens"] = sample.Tokens, ["heldOut"] = sample.IsHeldOut, ["loss"] = Number(sample.Loss) } : null,
        ["layers"] = new JsonArray([.. report.Layers.Select(Data)]),
    };

    private static JsonObject Data(ReportLayer layer) => new JsonObject
    {
        ["name"] = layer.Name,
        ["kind"] = layer.Kind,
        ["functions"] = layer.Functions,
        ["inputs"] = layer.Inputs,
        ["outputs"] = layer.Outputs,
        ["edge"] = layer.IsEdge,
        ["normed"] = layer.IsNormed,
        ["pruned"] = layer.Pruned,
        ["by"] = layer.Ranking.ToString().ToLowerInvariant(),
        ["score"] = Number(layer.Score),
        ["low"] = Number(layer.Low),
        ["high"] = Number(layer.High),
        ["outside"] = Number(layer.Outside),
        ["spline"] = Number(layer.SplineShare),
        ["shown"] = new JsonArray([.. layer.Shown.Select(function => Data(layer, function))]),
    };

    private static JsonObject Data(ReportLayer layer, ReportFunction function) => new JsonObject
    {
        ["id"] = function.Id,
        ["name"] = function.Name,
        ["words"] = function.Words,
        ["rank"] = function.Rank,
        ["attribution"] = Number(function.Reading.Attribution),
        ["share"] = Number(function.Reading.Share),
        ["mean"] = Number(function.Reading.Mean),
        ["deviation"] = Number(function.Reading.Deviation),
        ["magnitude"] = Number(function.Reading.Magnitude),
        ["spline"] = Number(function.Reading.SplineShare),
        ["low"] = Number(function.Input.Low),
        ["high"] = Number(function.Input.High),
        ["outside"] = Number(function.Input.Outside),
        ["bins"] = new JsonObject
        {
            ["low"] = Number(function.Input.Histogram.Low),
            ["width"] = Number(function.Input.Histogram.Width),
            ["counts"] = new JsonArray([.. function.Input.Histogram.Counts.Select(count => JsonValue.Create(count))]),
        },
        ["grid"] = function.Grid is (double low, double high) ? new JsonArray(Number(low), Number(high)) : null,
        ["from"] = Number(function.X[0]),
        ["to"] = Number(function.X[^1]),
        ["y"] = new JsonArray([.. function.Y.Select(Number)]),
        ["formula"] = function.Formula is { } fit ? new JsonObject
        {
            ["text"] = Text(fit.Formula),
            ["function"] = fit.Formula.Function.Name,
            ["r2"] = Number(fit.R2),
            ["y"] = new JsonArray([.. function.X.Select(x => Number(fit.Formula.Evaluate(x)))]),
        }
        : null,
        ["removal"] = function.Removal is { } without ? new JsonObject { ["loss"] = Number(without.Loss), ["rise"] = Number(without.Rise), ["error"] = Number(without.Error) } : null,
    };

    // Seven digits are more than a picture shows; what is no number is null.
    private static JsonValue? Number(double value) =>
        double.IsFinite(value) ? JsonValue.Create(double.Parse(value.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)) : null;

    // Five digits of each number are read; the drawn curve has all.
    private static string Text(EdgeFormula formula) =>
        (formula with { A = Short(formula.A), B = Short(formula.B), C = Short(formula.C), D = Short(formula.D) }).Express(new Variable("x")).ToText();

    private static double Short(double value) => double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Escape(string text) => SvgDocument.Escape(text);

    private static string Resource(string kind)
    {
        using Stream stream = typeof(ModelPage).Assembly.GetManifestResourceStream($"Kansformers.Report.{kind}") ?? throw new InvalidOperationException($"the library lies without its report's {kind}");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
