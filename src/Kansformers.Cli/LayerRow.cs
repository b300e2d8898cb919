using Kansformers.Checkpoints;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>One layer of a weight file: all tensors whose names share all but the last part.</summary>
internal sealed record LayerRow(string Name, string Kind, string Shape, long Parameters, long Bytes, bool IsKan)
{
    private const string StatePrefix = "model.";

    /// <summary>The layers of a model in the order in which data flows through them; optimizer moments and buffers do not count.</summary>
    public static IReadOnlyList<LayerRow> From(TensorFile file)
    {
        bool isCheckpoint = file.Metadata.ContainsKey("progress");
        IEnumerable<(string Name, StoredTensor Tensor)> tensors = file.Tensors
            .Where(tensor => !isCheckpoint || tensor.Name.StartsWith(StatePrefix, StringComparison.Ordinal))
            .Select(tensor => (isCheckpoint ? tensor.Name[StatePrefix.Length..] : tensor.Name, tensor));
        return
        [
            .. tensors.Where(entry => !GptCheckpoint.IsCausalMask(entry.Name))
                .GroupBy(entry => entry.Name[..Math.Max(0, entry.Name.LastIndexOf('.'))])
                .OrderBy(group => Order(group.Key), StringComparer.Ordinal)
                .Select(group => From(group.Key, group.ToDictionary(entry => entry.Name[(entry.Name.LastIndexOf('.') + 1)..], entry => entry.Tensor))),
        ];
    }

    private static LayerRow From(string name, Dictionary<string, StoredTensor> parts)
    {
        bool isKan = parts.ContainsKey("spline_weight");
        StoredTensor[] learned = [.. parts.Where(part => !(isKan && part.Key == "grid")).Select(part => part.Value)];
        StoredTensor main = isKan ? parts["spline_weight"] : parts.GetValueOrDefault("weight") ?? learned[0];
        string kind = isKan ? "KAN" : main.Shape.Length == 1 ? "norm" : name.EndsWith("te", StringComparison.Ordinal) || name.EndsWith("wpe", StringComparison.Ordinal) ? "embedding" : "linear";
        string shape = isKan || kind == "linear" ? $"{main.Shape[1]} -> {main.Shape[0]}" : string.Join(" x ", main.Shape);
        return new LayerRow(name, kind, isKan ? $"{shape}, {main.Shape[2]} coefficients" : shape, learned.Sum(tensor => tensor.Count), parts.Values.Sum(tensor => tensor.ByteLength), isKan);
    }

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
