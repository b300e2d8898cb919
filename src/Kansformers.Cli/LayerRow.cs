using Kansformers.Checkpoints;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>One layer of a weight file: all tensors whose names share all but the last part, or one whose name has a single part.</summary>
internal sealed record LayerRow(string Name, string Kind, string Shape, long Parameters, long Bytes, bool IsKan)
{
    /// <summary>The layers of a file under our names, in the order in which data flows through them; causal masks do not count.</summary>
    public static IReadOnlyList<LayerRow> From(TensorFile file) =>
    [
        .. file.Tensors.Where(tensor => !GptCheckpoint.IsCausalMask(tensor.Name))
            .GroupBy(tensor => tensor.Name.LastIndexOf('.') is int end and >= 0 ? (Name: tensor.Name[..end], IsWhole: false) : (Name: tensor.Name, IsWhole: true))
            .OrderBy(group => Order(group.Key.Name), StringComparer.Ordinal)
            .Select(group => From(Readable.Text(group.Key.Name), group.ToDictionary(tensor => tensor.Name[(tensor.Name.LastIndexOf('.') + 1)..]))),
    ];

    private static LayerRow From(string name, Dictionary<string, StoredTensor> parts)
    {
        StoredTensor? spline = parts.GetValueOrDefault("spline_weight");
        bool isKan = spline is { Shape.Length: 3 };
        StoredTensor[] learned = [.. parts.Where(part => !(isKan && part.Key == "grid")).Select(part => part.Value)];
        StoredTensor main = isKan ? spline! : parts.GetValueOrDefault("weight") ?? learned[0];
        string kind = isKan ? "KAN" : parts.ContainsKey("weight") ? KindOf(name, main.Shape.Length) : "other";
        string shape = isKan ? $"{main.Shape[1]} -> {main.Shape[0]}, {main.Shape[2]} coefficients"
            : kind == "linear" ? $"{main.Shape[1]} -> {main.Shape[0]}"
            : main.Shape.Length == 0 ? "scalar" : string.Join(" x ", main.Shape);
        return new LayerRow(name, kind, shape, learned.Sum(tensor => tensor.Count), parts.Values.Sum(tensor => tensor.ByteLength), isKan);
    }

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
