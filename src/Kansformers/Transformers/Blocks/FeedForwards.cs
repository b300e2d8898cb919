using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// The forms of a feed-forward part, y = W2 f(W1 x): what f, the function between the two matrices, is. A new form is a line here, and where f is a new one a file
/// with it. Where the feed-forward layers are KANs, W1 and W2 are.
/// </summary>
public static class FeedForwards
{
    /// <summary>Every form; the first is taken unless another is named.</summary>
    public static IReadOnlyList<FeedForwardForm> All { get; } =
    [
        new("ring", "phi(h[j]) * psi(h[j - 1]) with h = W1 x, wrapping around: learned functions, neighbours gate each other")
        {
            IsLearned = true,
            Make = (width, kan, device) => new KanGate(width, kan, GateForm.Ring, device),
        },
        new("gated", "phi(a) * psi(b) with a and b from a matrix each: learned functions")
        {
            IsLearned = true,
            Parts = 2,
            Make = (width, kan, device) => new KanGate(width, kan, GateForm.Pair, device),
        },
        new("kan", "phi(h): learned functions, no gate")
        {
            IsLearned = true,
            Make = (width, kan, device) => new KanActivation(width, kan, ActivationStart.Silu, device),
        },
        new("swiglu", "silu(a) * b with a and b from a matrix each (Shazeer, 2020)") { Parts = 2, Make = (width, _, _) => SiluGate(width, GateForm.Pair) },
        new("silu-ring", "silu(h[j]) * h[j - 1]: ring with fixed functions") { Make = (width, _, _) => SiluGate(width, GateForm.Ring) },
        new("gelu", "x * Phi(x) (Hendrycks and Gimpel, 2016)") { Make = (width, _, _) => new FixedActivation(width, BaseActivation.Gelu) },
        new("relu2", "max(x, 0)^2 (So et al., 2021)") { Make = (width, _, _) => new FixedActivation(width, BaseActivation.ReluSquared) },
        new("none", "nothing, where W1 and W2 are KAN layers, which bring functions of their own") { NeedsKan = true },
    ];

    /// <summary>A form.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="KansformersException">There is none of that name; the message lists them.</exception>
    public static FeedForwardForm Named(string name) => All.FirstOrDefault(form => form.Name == name)
        ?? throw new KansformersException($"unknown feed-forward '{name}': use one of {string.Join(", ", All.Select(form => form.Name))}");

    private static KanGate SiluGate(long width, GateForm form) => new(width, GateFunction.Fixed(BaseActivation.Silu), GateFunction.Fixed(BaseActivation.Identity), form);
}

/// <summary>A form of a feed-forward part.</summary>
/// <param name="Name">Its name on the command line and in files: lower case.</param>
/// <param name="Summary">What stands between the two matrices.</param>
public sealed record FeedForwardForm(string Name, string Summary)
{
    /// <summary>How many values of the first matrix one value for the second is made of; each has rows of its own.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>Whether it holds learned functions.</summary>
    public bool IsLearned { get; init; }

    /// <summary>Whether the matrices must be KAN layers.</summary>
    public bool NeedsKan { get; init; }

    /// <summary>Makes the function, (..., parts · width) to (..., width); null where there is none.</summary>
    internal Func<long, KanOptions, Device?, nn.Module<Tensor, Tensor>>? Make { get; init; }

    /// <summary>The width between the matrices by which forms have about as many parameters: 4 times the model's, 8/3 times (to a multiple of 8) with two first matrices.</summary>
    /// <param name="width">The size of the hidden state.</param>
    internal int DefaultInner(int width) => Parts == 1 ? 4 * width : Math.Max(1, (int)Math.Round(width / 3.0)) * 8;
}
