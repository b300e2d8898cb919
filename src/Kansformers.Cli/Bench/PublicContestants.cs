using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>Makes the networks of the public KAN benchmark; as there, the input wants no gradient.</summary>
internal sealed class PublicContestants : IDisposable
{
    public const string Mlp = "MLP";

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly List<nn.Module> _modules = [];
    private readonly Tensor _x, _upstream;

    public PublicContestants(PublicNetwork network)
    {
        _x = randn(network.Batch, network.Inputs).mul_(0.5);
        _upstream = randn(network.Batch, network.Outputs);
    }

    /// <summary>Makes a network.</summary>
    /// <param name="network">Its kind and sizes.</param>
    /// <param name="contestant"><see cref="LayerContestants.Ours"/>, <see cref="LayerContestants.Reference"/> or <see cref="Mlp"/>.</param>
    /// <param name="parameters">The number of learned values.</param>
    public ModuleRun Run(PublicNetwork network, string contestant, out long parameters)
    {
        nn.Module<Tensor, Tensor> module = network.Kan is KanOptions kind ? MakeKan(network, kind, contestant == LayerContestants.Reference) : MakeMlp(network);
        _modules.Add(module);
        parameters = module.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel());
        return new ModuleRun(module, _x, _upstream);
    }

    public void Dispose()
    {
        _modules.ForEach(module => module.Dispose());
        _scope.Dispose();
    }

    private static KanStack MakeKan(PublicNetwork network, KanOptions kind, bool useReference)
    {
        KanStack kan = new([network.Inputs, network.Hidden, network.Outputs], kind);
        foreach (KanLinear layer in kan.Layers)
            layer.UseReference = useReference;
        return kan;
    }

    private static TorchSharp.Modules.Sequential MakeMlp(PublicNetwork network) => nn.Sequential(
        nn.Linear(network.Inputs, network.Hidden, hasBias: false), nn.ReLU(), nn.Linear(network.Hidden, network.Outputs, hasBias: false));
}
