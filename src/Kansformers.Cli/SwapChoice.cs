using System.CommandLine;
using System.Globalization;
using Kansformers.Kan;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using Spectre.Console;

namespace Kansformers.Cli;

/// <summary>The options of <c>convert</c> that turn linear layers into KAN layers, and KAN layers into others.</summary>
/// <param name="kan">The option that names a kind.</param>
internal sealed class SwapChoice(Option<string?> kan)
{
    private const string DefaultKind = "bspline";

    private readonly Option<bool> _toKan = new("--to-kan") { Description = "make linear layers KAN layers that compute the same, or as nearly as the kind can; layers that are KANs become of that kind" };
    private readonly Option<bool> _toLinear = new("--to-linear") { Description = "make all KAN layers linear ones that compute nearly the same, for programs that know no others" };
    private readonly Option<string?> _placement = new("--placement") { Description = "with --to-kan: which linear layers: all, or any of attention, mlp, head joined by commas [default: mlp]" };
    private readonly Option<string?> _activations = new("--kan-activations")
    {
        Description = "with --to-kan: activations between layers that become KANs: inside (a function of the second layer from then on), between (as before) or dropped (fitted by the second layer's other functions) [default: inside]",
    };

    private readonly Option<string?> _calibrate = new("--calibrate") { Description = "with --to-kan or --to-linear: text (a file, a folder, the name of a corpus) on which layers are fitted and both models compared [default: none; random tokens to compare]" };
    private readonly Option<int> _tokens = new("--calibrate-tokens") { Description = "how many tokens of that text", DefaultValueFactory = _ => 8192 };

    /// <summary>Adds them.</summary>
    public void AddTo(Command command)
    {
        OptionRules.NotEmpty(_calibrate);
        foreach (Option option in new Option[] { _toKan, _toLinear, _placement, _activations, _calibrate, _tokens })
            command.Add(option);
    }

    /// <summary>Whether layers are to become others.</summary>
    public bool Asks(ParseResult parsed) => ToKan(parsed) || parsed.GetValue(_toLinear);

    /// <summary>Whether they are to become KAN layers.</summary>
    public bool ToKan(ParseResult parsed) => parsed.GetValue(_toKan);

    /// <summary>Refuses what does not go together.</summary>
    /// <exception cref="UsageException">Something does not.</exception>
    public void Require(ParseResult parsed)
    {
        bool toKan = ToKan(parsed), toLinear = parsed.GetValue(_toLinear);
        if (toKan && toLinear)
            throw new UsageException("--to-kan and --to-linear contradict each other; leave one of them out");
        foreach (Option option in (Option[])[_placement, _activations])
        {
            if (!toKan && parsed.GetResult(option) is { Implicit: false })
                throw new UsageException($"{option.Name} is for --to-kan; give that, or leave it out");
        }

        foreach (Option option in (Option[])[_calibrate, _tokens])
        {
            if (!toKan && !toLinear && parsed.GetResult(option) is { Implicit: false })
                throw new UsageException($"{option.Name} is for --to-kan and --to-linear; give one of these, or leave it out");
        }

        if (parsed.GetValue(_tokens) < 1)
            throw new UsageException($"--calibrate-tokens is {parsed.GetValue(_tokens)}; it must be at least 1");
        if (parsed.GetResult(_tokens) is { Implicit: false } && parsed.GetValue(_calibrate) is null)
            throw new UsageException("--calibrate-tokens is how many tokens of --calibrate; give that, or leave it out");
        if (toKan)
        {
            _ = Placement(parsed);
            _ = Activations(parsed);
            _ = Kind(parsed, null);
        }
    }

    /// <summary>Makes the other model, where one is asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="conversion">The conversion that is under way.</param>
    /// <param name="tokenizer">The model's tokenizer, for a calibration.</param>
    public ModelSwap? Run(ParseResult parsed, ModelConversion conversion, Func<Tokenizer> tokenizer)
    {
        if (!Asks(parsed))
            return null;
        IReadOnlyList<TorchSharp.torch.Tensor>? calibration = parsed.GetValue(_calibrate) is string text
            ? CalibrationText.Read(text, tokenizer(), conversion.Options, parsed.GetValue(_tokens)) : null;
        if (!ToKan(parsed))
            return conversion.Change(model => KanModelConversion.ToLinear(model, calibration));
        return conversion.Change(model => KanModelConversion.ToKan(model, new KanModelPlan
        {
            Placement = Placement(parsed),
            Kan = Kind(parsed, model.Options.Placement == KanPlacement.None ? null : model.Options.Kan),
            Suit = false, // done below what was given
            Activations = Activations(parsed),
            Calibration = calibration,
        }));
    }

    /// <summary>What came of it, for scripts.</summary>
    public static object Facts(ModelSwap swap) => new
    {
        swap.LargestLogitDifference,
        swap.LargestLogit,
        swap.Tokens,
        Calibrated = swap.IsCalibrated,
        swap.Notes,
        Layers = swap.Layers.Select(layer => new
        {
            layer.Name,
            layer.Inputs,
            layer.Outputs,
            Became = layer.Reason is null ? layer.Kan?.Options.Summary() ?? "linear" : null,
            layer.Reason,
            How = layer.Match?.How.ToString().ToLowerInvariant(),
            layer.Match?.LargestError,
            layer.Match?.LargestOutput,
            Low = layer.Match?.Range?.Low,
            High = layer.Match?.Range?.High,
        }),
    };

    /// <summary>What came of it, for people.</summary>
    public static void Show((string Source, string Out, string Target) way, ModelSwap swap)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("layer", "became", "largest error", "of", "inputs from", "to");
        foreach (SwapResult layer in swap.Layers)
        {
            string became = layer.Reason is null ? layer.Kan?.Options.Summary() ?? "linear" : $"stays: {layer.Reason}";
            table.AddRow(Markup.Escape($"{layer.Name} ({layer.Inputs} -> {layer.Outputs})"), Markup.Escape(became),
                Number(layer.Match?.LargestError), Number(layer.Match?.LargestOutput), Number(layer.Match?.Range?.Low), Number(layer.Match?.Range?.High));
        }

        Tables.Print(table);
        foreach (string note in swap.Notes)
            LiveLine.Say(note);
        Console.WriteLine($"{way.Source} -> {Path.GetFullPath(way.Out)}: {swap.Summary()}");
    }

    private static string Number(double? value) => value?.ToString("g3", CultureInfo.InvariantCulture) ?? "";

    private KanPlacement Placement(ParseResult parsed)
    {
        try
        {
            KanPlacement placement = KanPlacements.Parse(parsed.GetValue(_placement) ?? "mlp");
            return placement != KanPlacement.None ? placement : throw new UsageException("--placement none leaves nothing to convert; leave --to-kan out");
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    private KanActivations Activations(ParseResult parsed)
    {
        string text = parsed.GetValue(_activations) ?? "inside";
        return Enum.GetValues<KanActivations>().Where(value => $"{value}".Equals(text, StringComparison.OrdinalIgnoreCase)).Select(value => (KanActivations?)value).FirstOrDefault()
            ?? throw new UsageException($"--kan-activations is '{text}'; it must be inside, between or dropped");
    }

    // What a kind's options do not say is such that it is exact, or as the model's layers are already.
    private KanOptions Kind(ParseResult parsed, KanOptions? present)
    {
        string text = parsed.GetValue(kan) ?? present?.Kind ?? DefaultKind;
        try
        {
            KanOptions said = KanSettings.Parse(text), unsaid = KanKinds.Named(said.Kind);
            unsaid = present is null ? KanConversion.Suited(unsaid with { Sharing = said.Sharing }) : present.Kind == unsaid.Kind ? present : unsaid;
            KanOptions options = KanSettings.Apply(unsaid, text);
            options.Validate();
            return options;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }
}
