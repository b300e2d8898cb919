using System.Text.RegularExpressions;
using Kansformers.Checkpoints;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>One layer of a weight file: what the model has there, with the sizes of the file.</summary>
internal sealed partial record LayerRow(string Name, string Kind, string Shape, long Parameters, long Bytes, bool IsKan)
{
    /// <summary>The layers of a file in the order of the model; then what the model has no place for.</summary>
    public static IReadOnlyList<LayerRow> From(ModelFile file, ModelOptions options)
    {
        Dictionary<string, StoredTensor> left = file.Taken(options).ToDictionary(tensor => tensor.Name);
        List<LayerRow> rows = [];
        foreach (LayerDescription layer in ModelDescription.Of(options).Layers)
        {
            (TensorDescription Place, StoredTensor Tensor)[] held =
                [.. layer.Tensors.Where(tensor => left.ContainsKey(tensor.Name)).Select(tensor => (tensor, left[tensor.Name]))];
            if (held.Length == 0)
                continue;
            rows.Add(From(layer, held));
            foreach ((TensorDescription place, _) in held)
                left.Remove(place.Name);
        }

        return [.. rows, .. left.Values.Select(tensor => new LayerRow(Readable.Text(tensor.Name), "other", ShapeOf(tensor), tensor.Count, tensor.ByteLength, false))];
    }

    /// <summary>The same by the names in the file alone, where libtorch is not there to make the model: kinds other than KAN are not known then.</summary>
    public static IReadOnlyList<LayerRow> ByNames(ModelFile file, ModelOptions options)
    {
        HashSet<string> tables = [.. options.KanConfigurations.SelectMany(kan => kan.BufferNames())];
        return [.. file.Taken(options).GroupBy(tensor => LayerOf(tensor.Name)).Select(layer =>
        {
            bool isKan = KanLayer().IsMatch(layer.Key + ".");
            StoredTensor[] learned = [.. layer.Where(tensor => !(isKan && tables.Contains(tensor.Name[(layer.Key.Length + 1)..])))];
            return new LayerRow(
                Readable.Text(layer.Key), isKan ? "KAN" : "other", ShapeOf(layer.MaxBy(tensor => tensor.Count)!),
                learned.Sum(tensor => tensor.Count), layer.Sum(tensor => tensor.ByteLength), isKan);
        })];
    }

    private static string LayerOf(string tensor) => KanLayer().Match(tensor) is { Success: true } match ? match.Groups[1].Value
        : tensor.LastIndexOf('.') is int end and >= 0 ? tensor[..end] : tensor;

    [GeneratedRegex(@"^(.*\.layers\.\d+|.*\.function(?:\.(?:phi|psi))?)\.")]
    private static partial Regex KanLayer();

    private static LayerRow From(LayerDescription layer, (TensorDescription Place, StoredTensor Tensor)[] held)
    {
        StoredTensor main = held.Where(entry => entry.Place.IsLearned).Select(entry => entry.Tensor).MaxBy(tensor => (tensor.Shape.Length, tensor.Count)) ?? held[0].Tensor;
        bool fits = held.All(entry => entry.Place.Shape.SequenceEqual(entry.Tensor.Shape));
        string shape = !fits ? ShapeOf(main)
            : layer.Kind == LayerKind.Linear ? $"{layer.Inputs} -> {layer.Outputs}"
            : layer.Kind == LayerKind.Kan ? $"{layer.Inputs} -> {layer.Outputs}{(main.Shape.Length == 3 ? $", {main.Count / layer.Inputs / layer.Outputs} coefficients" : "")}"
            : ShapeOf(main);
        return new LayerRow(
            layer.Name, Word(layer.Kind), shape,
            held.Where(entry => entry.Place.IsLearned).Sum(entry => entry.Tensor.Count), held.Sum(entry => entry.Tensor.ByteLength), layer.Kind is LayerKind.Kan or LayerKind.KanFunction);
    }

    private static string Word(LayerKind kind) => kind switch
    {
        LayerKind.Kan => "KAN",
        LayerKind.KanFunction => "KAN function",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string ShapeOf(StoredTensor tensor) => tensor.Shape.Length == 0 ? "scalar" : string.Join(" x ", tensor.Shape);
}
