using Kansformers.Generation;
using Kansformers.Kan;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>Makes the ways to generate: the first part of a repetition is the prompt with the first token, the second part the other tokens.</summary>
internal sealed class DecodeContestants : IDisposable
{
    public const string Ours = "ours", Dense = "dense product", Reference = "reference", ReferenceCached = "reference with cache";

    // A pass through a single layer is too short for the clock.
    public const int LayerPasses = 200;

    private readonly DecodeCase _case;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly List<nn.Module> _layers = [];
    private readonly int[] _prompt;

    public DecodeContestants(DecodeCase decode)
    {
        _case = decode;
        _prompt = [.. Enumerable.Range(0, decode.Prompt).Select(i => i * 31 % decode.Model.Options.VocabularySize)];
        Model = CausalModel.Of(decode.Model.Options.Family.Create(decode.Model.Options));
    }

    public CausalModel Model { get; }

    public Contestant Make(string name)
    {
        TokenGenerator generator = new(Model);
        SamplingOptions options = new() { MaxNewTokens = _case.Tokens, UseCache = name != Reference };
        bool reference = name is Reference or ReferenceCached;
        IEnumerator<int>? tokens = null;
        return new Contestant(name, First, Rest, After);

        void First()
        {
            SetPath(reference, dense: name == Dense);
            tokens = generator.Generate(_prompt, options).GetEnumerator();
            tokens.MoveNext();
        }

        void Rest()
        {
            while (tokens!.MoveNext())
            {
            }
        }

        void After()
        {
            tokens?.Dispose();
            SetPath(reference: false, dense: false);
        }
    }

    /// <summary>A single layer at batch 1, <see cref="LayerPasses"/> times: live coefficients only, the dense product, or a linear layer.</summary>
    public Contestant MakeLayer(string name, long inputs, long outputs)
    {
        nn.Module<Tensor, Tensor> layer = name == LayerContestants.Linear ? nn.Linear(inputs, outputs, hasBias: false) : new KanLinear(inputs, outputs, _case.Model.Options.Kan);
        _layers.Add(layer);
        Tensor x = randn(1, inputs).mul_(0.5);
        return new Contestant(name, Passes, null, () => { });

        void Passes()
        {
            using var guard = no_grad();
            if (layer is KanLinear kan)
                SetPath(kan, reference: false, dense: name == Dense);
            for (int i = 0; i < LayerPasses; i++)
            {
                using Tensor y = layer.forward(x);
            }
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        _layers.ForEach(layer => layer.Dispose());
        _scope.Dispose();
    }

    private void SetPath(bool reference, bool dense)
    {
        foreach ((string _, KanLinear layer) in Model.KanLayers())
            SetPath(layer, reference, dense);
    }

    private static void SetPath(KanLinear layer, bool reference, bool dense)
    {
        layer.UseReference = reference;
        layer.Engine = layer.Engine with { Avoided = dense ? EnginePath.FewTokens : null };
    }
}
