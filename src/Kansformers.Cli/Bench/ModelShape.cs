using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>The sizes of a GPT, found without its weights: those of a large model would fill the memory that is to be measured.</summary>
internal sealed class ModelShape
{
    /// <summary>Reads the sizes off a GPT of linear layers on torch's device for tensors without values.</summary>
    public ModelShape(GptOptions options)
    {
        using Gpt plain = new(options with { Placement = KanPlacement.None }, META);
        long parameters = plain.ParameterCount;
        List<(long Width, long Outputs)> products = [];
        foreach ((string name, nn.Module module) in plain.named_modules())
        {
            if (module is not LinearLayer layer)
                continue;
            bool isKan = options.Placement.HasFlag(PlaceOf(name));
            (long inputs, long outputs) = (layer.Weight.shape[1], layer.Weight.shape[0]);
            products.Add((isKan ? options.Kan.ExpandedWidth(inputs) : inputs, outputs));
            if (isKan)
                parameters += options.Kan.ParameterCount(inputs, outputs) - layer.parameters().Sum(parameter => parameter.numel());
        }

        (Parameters, Products) = (parameters, products);
    }

    /// <summary>The number of learned values.</summary>
    public long Parameters { get; }

    /// <summary>The matrix product of every linear and KAN layer: columns of its (expanded) input, and outputs.</summary>
    public IReadOnlyList<(long Width, long Outputs)> Products { get; }

    private static KanPlacement PlaceOf(string name) =>
        name.Contains(".attn.", StringComparison.Ordinal) ? KanPlacement.Attention
        : name.Contains(".mlp.", StringComparison.Ordinal) ? KanPlacement.Mlp
        : KanPlacement.Head;
}
