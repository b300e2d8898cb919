using System.Text.RegularExpressions;
using Kansformers.Checkpoints;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>
/// One layer of a weight file: all tensors whose names share all but the last part, or one whose name has a single part. A KAN layer, whose tensors may have
/// names of several parts, is known by its place in a stack (<c>layers.0</c>).
/// </summary>
internal sealed partial record LayerRow(string Name, string Kind, string Shape, long Parameters, long Bytes, bool IsKan)
{
    /// <summary>The layers of a file under our names, in the order in which data flows through them; causal masks do not count.</summary>
    public static IReadOnlyList<LayerRow> From(TensorFile file) =>
    [
        .. file.Tensors.Where(tensor => !GptCheckpoint.IsCausalMask(tensor.Name))
            .GroupBy(tensor => LayerOf(tensor.Name))
            .OrderBy(group => Order(group.Key.Name), StringComparer.Ordinal)
            .Select(group => From(group.Key.Name, group.ToDictionary(tensor => group.Key.IsWhole ? tensor.Name : tensor.Name[(group.Key.Name.Length + 1)..]))),
    ];

    private static (string Name, bool IsWhole) LayerOf(string tensor)
    {
        if (KanLayer().Match(tensor) is { Success: true } match)
            return (match.Groups[1].Value, false);
        return tensor.LastIndexOf('.') is int end and >= 0 ? (tensor[..end], false) : (tensor, true);
    }

    private static LayerRow From(string name, Dictionary<string, StoredTensor> parts)
    {
        bool isKan = KanLayer().IsMatch(name + ".");
        StoredTensor[] learned = [.. parts.Where(part => !(isKan && part.Key is "grid" or "rbf.grid" && !IsTrained(parts))).Select(part => part.Value)];
        StoredTensor main = parts.GetValueOrDefault("spline_weight") ?? parts.GetValueOrDefault("weight") ?? learned.MaxBy(tensor => tensor.Count)!;
        string kind = isKan ? "KAN" : parts.ContainsKey("weight") ? KindOf(name, main.Shape.Length) : "other";
        string shape = isKan && main.Shape.Length == 3 && parts.ContainsKey("spline_weight") ? $"{main.Shape[1]} -> {main.Shape[0]}, {main.Shape[2]} coefficients"
            : kind == "linear" ? $"{main.Shape[1]} -> {main.Shape[0]}"
            : main.Shape.Length == 0 ? "scalar" : string.Join(" x ", main.Shape);
        return new LayerRow(Readable.Text(name), kind, shape, learned.Sum(tensor => tensor.Count), parts.Values.Sum(tensor => tensor.ByteLength), isKan);
    }

    // Switch functions may learn their centres; a width beside them says so.
    private static bool IsTrained(Dictionary<string, StoredTensor> parts) => parts.ContainsKey("rbf.inv_denominator");

    [GeneratedRegex(@"^(.*\.layers\.\d+)\.")]
    private static partial Regex KanLayer();

    private static string KindOf(string name, int dimensions) => (dimensions, name.Split('.')[^1]) switch
    {
        (1, _) => "norm",
        (2, "wte" or "wpe") => "embedding",
        (2, _) => "linear",
        _ => "other",
    };

    // wte, wpe, blocks by number, last norm, head; within a block ln_1, attn, ln_2, mlp.
    private static string Order(string name)
    {
        string[] parts = name.Split('.');
        return string.Join('.', parts.Select(part => part switch
        {
            "transformer" => "0",
            "lm_head" => "1",
            "wte" => "0",
            "wpe" => "1",
            "h" => "2",
            "ln_f" => "3",
            "ln_1" => "0",
            "attn" => "1",
            "ln_2" => "2",
            "mlp" => "3",
            _ => int.TryParse(part, out int number) ? number.ToString("D5", System.Globalization.CultureInfo.InvariantCulture) : part,
        }));
    }
}
