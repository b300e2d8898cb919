using System.Globalization;
using System.Text;
using Kansformers.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Kansformers.Inspection;

/// <summary>The part of a pykan checkpoint's <c>_config.yml</c> that its state dictionary does not tell.</summary>
internal sealed class PykanConfig
{
    private const string State = "_state", Config = "_config.yml";

    private readonly string _path;
    private readonly YamlMappingNode _root;

    private PykanConfig(string path, YamlMappingNode root) => (_path, _root) = (path, root);

    public EdgeBase Base => Scalar("base_fun_name") switch
    {
        "silu" or null => EdgeBase.Silu,
        "identity" => EdgeBase.Identity,
        "zero" => EdgeBase.Zero,
        string other => throw Fault($"its base_fun_name '{other}' is not known; silu, identity and zero are"),
    };

    public double GridEps => Scalar("grid_eps") is string text ? Number(text) : new KanNetworkOptions().GridEps;

    /// <summary>The nodes of each level.</summary>
    public IReadOnlyList<KanWidth> Widths
    {
        get
        {
            YamlNode? arities = Child("mult_arity");
            List<KanWidth> widths = [];
            foreach (YamlNode level in List(Child("width"), "width"))
            {
                int at = widths.Count;
                int[] counts = level is YamlScalarNode ? [Whole(level), 0] : [.. List(level, "width").Select(Whole)];
                if (counts.Length != 2 || counts.Any(count => count is < 0 or > 1_000_000))
                    throw Fault($"level {at} of its width is not the counts of addition and multiplication nodes");
                widths.Add(new KanWidth(counts[0], [.. Enumerable.Range(0, counts[1]).Select(product => Arity(arities, at, product))]));
            }

            return widths;
        }
    }

    /// <summary>What lies beside a checkpoint's state; null where nothing does.</summary>
    /// <exception cref="KansformersException">The file cannot be read.</exception>
    public static PykanConfig? Beside(string state)
    {
        if (Name(state) is not string path || !File.Exists(path))
            return null;
        try
        {
            using StringReader text = new(File.ReadAllText(path));
            YamlStream yaml = [];
            yaml.Load(text);
            return yaml.Documents is [{ RootNode: YamlMappingNode root }] ? new PykanConfig(path, root) : throw new KansformersException($"cannot read '{path}': it is no list of settings");
        }
        catch (Exception failure) when (failure is YamlException or IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{path}': {(failure is YamlException ? "it is no YAML" : AtomicFile.Reason(failure))}", failure);
        }
    }

    /// <summary>Writes what pykan's <c>loadckpt</c> asks for beside a state; nothing where the name is none of a checkpoint.</summary>
    public static void Write(string state, KanNetwork network)
    {
        if (Name(state) is not string path)
            return;
        KanNetworkOptions options = network.Options;
        int[] arities = [.. options.Widths.SelectMany(width => width.Arities).Distinct()];
        StringBuilder text = new();
        Add("width", $"[{string.Join(", ", options.Widths.Select(width => $"[{width.Additions}, {width.Arities.Count}]"))}]");
        Add("grid", $"[{string.Join(", ", network.Layers.Select(layer => layer.GridSize))}]");
        Add("k", $"[{string.Join(", ", network.Layers.Select(layer => layer.Order))}]");
        Add("mult_arity", arities.Length <= 1 ? $"{arities.FirstOrDefault(2)}" : $"[{string.Join(", ", options.Widths.Select(width => $"[{string.Join(", ", width.Arities)}]"))}]");
        Add("base_fun_name", options.Base.ToString().ToLowerInvariant());
        Add("symbolic_enabled", "true");
        Add("affine_trainable", Flag(options.TrainAffine));
        Add("grid_eps", options.GridEps.ToString("0.0################", CultureInfo.InvariantCulture));
        Add("grid_range", FormattableString.Invariant($"[{options.GridLow}, {options.GridHigh}]"));
        Add("sp_trainable", Flag(options.TrainSplineScales));
        Add("sb_trainable", Flag(options.TrainBaseScales));
        Add("state_id", "0");
        Add("auto_save", "false");
        Add("ckpt_path", "./model");
        Add("round", "0");
        Add("device", "cpu");
        for (int at = 0; at < network.Layers.Count; at++)
        {
            KanNetworkLayer layer = network.Layers[at];
            IEnumerable<string> rows = Enumerable.Range(0, layer.Subnodes).Select(output =>
                $"[{string.Join(", ", Enumerable.Range(0, layer.Inputs).Select(input => $"'{layer.Function(layer.Edge(output, input))?.Name ?? "0"}'"))}]");
            Add($"symbolic.funs_name.{at}", $"[{string.Join(", ", rows)}]");
        }

        AtomicFile.WriteText(path, text.ToString());

        void Add(string name, string value) => text.Append(name).Append(": ").Append(value).Append('\n');

        static string Flag(bool value) => value ? "true" : "false";
    }

    /// <summary>The name of the function on an edge; null where it has none.</summary>
    public string? Function(int layer, int output, int input) =>
        Child($"symbolic.funs_name.{layer}") is YamlSequenceNode rows && rows.Children.Count > output && rows[output] is YamlSequenceNode row && row.Children.Count > input
            && row[input] is YamlScalarNode { Value: string name } && name != "0" ? name : null;

    private static string? Name(string state) => state.EndsWith(State, StringComparison.Ordinal) ? state[..^State.Length] + Config : null;

    private int Arity(YamlNode? arities, int level, int product) => arities switch
    {
        null => 2,
        YamlScalarNode => Whole(arities),
        YamlSequenceNode levels when levels.Children.Count > level && levels[level] is YamlSequenceNode own && own.Children.Count > product => Whole(own[product]),
        _ => throw Fault($"its mult_arity has none for multiplication node {product} of level {level}"),
    };

    private YamlNode? Child(string name) => _root.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? node) ? node : null;

    private string? Scalar(string name) => (Child(name) as YamlScalarNode)?.Value;

    private IList<YamlNode> List(YamlNode? node, string name) => node is YamlSequenceNode list ? list.Children : throw Fault($"its {name} is no list");

    private int Whole(YamlNode node) => node is YamlScalarNode scalar && int.TryParse(scalar.Value, CultureInfo.InvariantCulture, out int number) ? number : throw Fault($"'{node}' is no whole number");

    private double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : throw Fault($"'{text}' is no number");

    private KansformersException Fault(string what) => new($"cannot read '{_path}': {what}");
}
