using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>Activations as a <c>config.json</c> names them.</summary>
internal static class ActivationNames
{
    // The first name of an activation is the one that is written.
    private static readonly (string Name, BaseActivation Activation)[] All =
    [
        ("gelu", BaseActivation.Gelu),
        ("gelu_python", BaseActivation.Gelu),
        ("gelu_new", BaseActivation.GeluTanh),
        ("gelu_pytorch_tanh", BaseActivation.GeluTanh),
        ("gelu_fast", BaseActivation.GeluTanh),
        ("gelu_accurate", BaseActivation.GeluTanh),
        ("relu", BaseActivation.Relu),
        ("relu2", BaseActivation.ReluSquared),
        ("leaky_relu", BaseActivation.LeakyRelu),
        ("silu", BaseActivation.Silu),
        ("swish", BaseActivation.Silu),
        ("mish", BaseActivation.Mish),
        ("tanh", BaseActivation.Tanh),
        ("sigmoid", BaseActivation.Sigmoid),
        ("linear", BaseActivation.Identity),
    ];

    /// <summary>Whether there is a name for an activation.</summary>
    public static bool Has(BaseActivation activation) => All.Any(entry => entry.Activation == activation);

    /// <summary>The name of an activation: ours where it has none there.</summary>
    public static string Of(BaseActivation activation) => All.FirstOrDefault(entry => entry.Activation == activation).Name ?? activation.ToString();

    /// <summary>The activation that an option names.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="option">The option; absent it means <c>gelu</c>.</param>
    /// <exception cref="KansformersException">It names another one.</exception>
    public static BaseActivation Read(ConfigReader config, string option)
    {
        string name = config.Text(option, All[0].Name);
        int at = Array.FindIndex(All, entry => entry.Name == name);
        config.Require(option, at >= 0, string.Join(", ", All.Select(entry => entry.Name)));
        return All[at].Activation;
    }
}
