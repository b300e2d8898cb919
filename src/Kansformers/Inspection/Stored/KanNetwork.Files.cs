using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kansformers.Checkpoints;

namespace Kansformers.Inspection;

public sealed partial class KanNetwork
{
    private const string Key = "kansformers.kan_network", Earlier = "before.";

    private static readonly JsonSerializerOptions Json = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    // So many steps back are kept; each is about as large as the network.
    private const int MostBefore = 8;

    /// <summary>
    /// Writes everything to one safetensors file: options, grids, curves, masks, formulas by name, which columns are read, scaling, the table, and what the network was
    /// before its last changes (<see cref="Before"/>). Tensors have the names and axes of pykan's state dictionary; the rest is JSON in the header.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="KansformersException">The file cannot be written, or a formula's function is none of <see cref="EdgeFunction.All"/>.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        List<StoredTensor> tensors = [];
        string prefix = "";
        int steps = 0;
        for (KanNetwork? network = this; network is not null && steps <= MostBefore; network = network.Before, prefix += Earlier, steps++)
            tensors.AddRange(PykanState.Write(network, prefix));
        StateDictionary.Save(path, tensors, new Dictionary<string, string> { [Key] = JsonSerializer.Serialize(ToStored(MostBefore), Json) });
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KansformersException">The file is missing, damaged, or none of a network.</exception>
    public static KanNetwork Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using TensorFile file = StateDictionary.Load(path);
        if (!file.Metadata.TryGetValue(Key, out string? json))
            throw new KansformersException($"'{path}' holds no KAN network of this library: its header has no '{Key}'; a state dictionary of pykan is read by LoadPykan");
        try
        {
            return Of(JsonSerializer.Deserialize<Stored>(json, Json) ?? throw new JsonException(), file, "", path);
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException or NotSupportedException)
        {
            throw new KansformersException($"cannot read '{path}': its '{Key}' is damaged", failure);
        }
    }

    /// <summary>
    /// Reads a state dictionary of pykan: the <c>_state</c> file of its checkpoint, whose <c>_config.yml</c> beside it tells widths, base function and formulas, or the
    /// same tensors in a safetensors file.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="told">Widths, base function, grid eps and what is trained, where no <c>_config.yml</c> tells them; null takes the defaults, and levels of addition nodes and products of two.</param>
    /// <exception cref="KansformersException">The file is missing, damaged, or none of pykan; or it has formulas and nothing tells their functions.</exception>
    public static KanNetwork LoadPykan(string path, KanNetworkOptions? told = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using TensorFile file = StateDictionary.Load(path);
        PykanConfig? config = PykanConfig.Beside(path);
        IReadOnlyList<KanWidth>? widths = config?.Widths ?? told?.Widths;
        IReadOnlyList<KanNetworkLayer> layers = PykanState.Read(name => file.TryGet(name, out StoredTensor? tensor) ? tensor : null, widths,
            config is null ? null : config.Function, path);
        KanNetworkOptions options = (told ?? new KanNetworkOptions()) with
        {
            Widths = [layers[0].Inputs, .. layers.Select(layer => layer.Width)], GridSize = layers[0].GridSize, SplineOrder = layers[0].Order,
        };
        if (config is not null)
            options = options with { Base = config.Base, GridEps = config.GridEps };
        options.Validate();
        return new KanNetwork(options, layers, All(layers[0].Inputs), layers[0].Inputs);
    }

    /// <summary>Writes pykan's state dictionary, for <c>load_state_dict</c>: its PyTorch file, and its <c>_config.yml</c> beside it where the name ends in <c>_state</c>.</summary>
    /// <param name="path">The file to create or replace; safetensors where the name ends so.</param>
    /// <exception cref="KansformersException">The file cannot be written, or a formula's function is none of pykan's.</exception>
    public void SavePykan(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _ = Functions();
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            StateDictionary.Save(path, PykanState.Write(this));
        else
            StateDictionary.SavePyTorch(path, PykanState.Write(this));
        PykanConfig.Write(path, this);
    }

    // The names of the edges' functions, by layer, output and input.
    private Dictionary<string, string> Functions()
    {
        Dictionary<string, string> names = [];
        for (int at = 0; at < Layers.Count; at++)
        {
            KanNetworkLayer layer = Layers[at];
            for (int output = 0; output < layer.Subnodes; output++)
            {
                for (int input = 0; input < layer.Inputs; input++)
                {
                    if (layer.Function(layer.Edge(output, input)) is EdgeFunction function)
                        names[$"{at}.{output}.{input}"] = EdgeFunction.Of(function.Name).Name;
                }
            }
        }

        return names;
    }

    private Stored ToStored(int before) =>
        new(Options, [.. InputColumns], DataColumns, Functions(), [.. InputScaling], [.. TargetScaling]) { Source = Source, Before = before > 0 ? Before?.ToStored(before - 1) : null };

    private static KanNetwork Of(Stored stored, TensorFile file, string prefix, string path)
    {
        if (stored.Options is null || stored.InputColumns is null || stored.Functions is null || stored.InputScaling is null || stored.TargetScaling is null)
            throw new KansformersException($"cannot read '{path}': its '{Key}' is not whole");
        stored.Options.Validate();
        if (stored.InputColumns.Length != stored.Options.Widths[0].Nodes || stored.InputColumns.Any(column => column < 0 || column >= stored.DataColumns))
            throw new KansformersException($"cannot read '{path}': its input columns do not fit {stored.DataColumns} columns of data and {stored.Options.Widths[0].Nodes} inputs");
        IReadOnlyList<KanNetworkLayer> layers = PykanState.Read(name => file.TryGet(prefix + name, out StoredTensor? tensor) ? tensor : null, stored.Options.Widths,
            (layer, output, input) => stored.Functions.GetValueOrDefault($"{layer}.{output}.{input}"), path);
        if (stored.Source is TableSource source && (source.Inputs?.Count != stored.DataColumns || source.Target is null || source.Classes is null))
            throw new KansformersException($"cannot read '{path}': the columns of its table do not fit {stored.DataColumns} columns of data");
        return new KanNetwork(stored.Options, layers, stored.InputColumns, stored.DataColumns)
        {
            InputScaling = stored.InputScaling, TargetScaling = stored.TargetScaling, Source = stored.Source, Before = stored.Before is null ? null : Of(stored.Before, file, prefix + Earlier, path),
        };
    }

    private sealed record Stored(
        KanNetworkOptions Options, int[] InputColumns, int DataColumns, Dictionary<string, string> Functions, ColumnScaling[] InputScaling, ColumnScaling[] TargetScaling)
    {
        public TableSource? Source { get; init; }

        public Stored? Before { get; init; }
    }
}
