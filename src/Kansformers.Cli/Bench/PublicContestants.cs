using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>Makes the networks of the public KAN benchmark; as there, the input wants no gradient.</summary>
internal sealed class PublicContestants : IDisposable
{
    public const string Mlp = "MLP";

    private readonly PublicNetwork _network;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly List<nn.Module> _modules = [];
    private readonly Tensor _x, _upstream;

    public PublicContestants(PublicNetwork network)
    {
        _network = network;
        _x = randn(network.Batch, network.Inputs).mul_(0.5);
        _upstream = randn(network.Batch, network.Outputs);
    }

    /// <summary>Every variant that the library has, and the MLP.</summary>
    public static IReadOnlyList<string> Names { get; } = [LayerContestants.Ours, LayerContestants.Reference, Mlp];

    /// <summary>The number of learned values of each variant made so far.</summary>
    public Dictionary<string, long> Parameters { get; } = [];

    public ModuleRun Run(string name)
    {
        nn.Module<Tensor, Tensor> module = name == Mlp ? MakeMlp() : MakeKan(name == LayerContestants.Reference);
        _modules.Add(module);
        Parameters[name] = module.parameters().Sum(parameter => parameter.numel());
        return new ModuleRun(module, _x, _upstream);
    }

    public void Dispose()
    {
        _modules.ForEach(module => module.Dispose());
        _scope.Dispose();
    }

    private KanNetwork MakeKan(bool useReference)
    {
        KanNetwork kan = new([_network.Inputs, _network.Hidden, _network.Outputs]);
        foreach (KanLinear layer in kan.Layers)
            layer.UseReference = useReference;
        return kan;
    }

    private TorchSharp.Modules.Sequential MakeMlp()
    {
        BSplineOptions kan = new();
        long parameters = kan.ParameterCount(_network.Inputs, _network.Hidden) + kan.ParameterCount(_network.Hidden, _network.Outputs);
        long hidden = Math.Max(1, (long)Math.Round((double)parameters / (_network.Inputs + _network.Outputs)));
        return nn.Sequential(nn.Linear(_network.Inputs, hidden, hasBias: false), nn.ReLU(), nn.Linear(hidden, _network.Outputs, hasBias: false));
    }
}
