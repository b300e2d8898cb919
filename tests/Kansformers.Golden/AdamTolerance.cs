using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>
/// How far weights may differ after AdamW's steps when the gradients of each step agree as closely as gradients have to. Adam divides a gradient by its own
/// size, so where a gradient is next to nothing (a key's bias has none in theory) the weight's step is rounding alone, whoever computes it, and the weights
/// that so differ change the later gradients. Two twins of the model take the same steps in float64, one with gradients that are off by their tolerance;
/// what their gradients differ by is carried through AdamW's formula for each weight.
/// </summary>
internal sealed class AdamTolerance : IDisposable
{
    private readonly AdamWOptions _settings;
    private readonly Twin _exact, _shifted;
    private readonly Dictionary<string, Uncertainty> _of = [];
    private readonly Generator _signs = new(0, CPU);

    /// <summary>Begins with the model's weights, before its first step.</summary>
    /// <param name="model">The model, which stays as it is.</param>
    /// <param name="settings">AdamW's.</param>
    /// <param name="clip">The largest norm of the gradients.</param>
    public AdamTolerance(Gpt model, AdamWOptions settings, double clip)
    {
        _settings = settings;
        (_exact, _shifted) = (new Twin(model, settings, clip), new Twin(model, settings, clip));
        foreach ((string name, Parameter parameter) in _exact.Parameters)
            _of[name] = new Uncertainty(parameter);
    }

    /// <summary>Takes one step.</summary>
    /// <param name="ids">Token ids, (B, T).</param>
    /// <param name="targets">The tokens that follow, (B, T).</param>
    /// <param name="learningRate">The step's learning rate.</param>
    public void Step(Tensor ids, Tensor targets, double learningRate)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> exact = _exact.Gradients(ids, targets, gradient => gradient);
        Dictionary<string, Tensor> shifted = _shifted.Gradients(ids, targets, gradient =>
            gradient + (rand(gradient.shape, dtype: ScalarType.Float64, generator: _signs) - 0.5).sign() * gradient.abs().max() * Comparison.Float32);
        foreach ((string name, Uncertainty uncertainty) in _of)
            uncertainty.TakeGradient(exact[name], (exact[name] - shifted[name]).abs().max(), _settings);
        _exact.Step(learningRate);
        _shifted.Step(learningRate);
        Dictionary<string, Tensor> moments = _exact.Moments;
        foreach ((string name, Uncertainty uncertainty) in _of)
            uncertainty.TakeStep(moments[$"exp_avg.{name}"], moments[$"exp_avg_sq.{name}"], (learningRate, _exact.Steps), _settings);
    }

    /// <summary>How far each value of a parameter may differ for its gradients' sake.</summary>
    public Tensor Of(string parameter) => _of[parameter].OfWeight;

    public void Dispose()
    {
        _exact.Dispose();
        _shifted.Dispose();
        _signs.Dispose();
        foreach (Uncertainty uncertainty in _of.Values)
            uncertainty.Dispose();
    }

    // The model in float64, with an optimizer of its own.
    private sealed class Twin : IDisposable
    {
        private readonly Gpt _model;
        private readonly GradientClipping _clipping;
        private readonly Optimizer _optimizer;

        public Twin(Gpt model, AdamWOptions settings, double clip)
        {
            _model = new Gpt((GptOptions)model.Options);
            using (no_grad())
            using (NewDisposeScope())
            {
                Dictionary<string, Tensor> weights = model.state_dict();
                foreach ((string name, Tensor tensor) in _model.state_dict())
                    tensor.copy_(weights[name]);
            }

            _model.to(ScalarType.Float64);
            _model.eval(); // no golden file has dropout
            IReadOnlyList<ParameterGroup> groups = ParameterGroups.Of(_model, settings.WeightDecay);
            (_clipping, _optimizer) = (new GradientClipping(groups, clip), new Optimizer(settings, groups));
        }

        public IEnumerable<(string Name, Parameter Parameter)> Parameters => _model.named_parameters();

        public long Steps => _optimizer.Steps;

        public Dictionary<string, Tensor> Moments => _optimizer.State.ToDictionary(entry => entry.Name, entry => entry.Tensor);

        // Clipped gradients; the optimizer's step takes the same.
        public Dictionary<string, Tensor> Gradients(Tensor ids, Tensor targets, Func<Tensor, Tensor> shift)
        {
            _model.Loss(ids, targets).backward();
            using var guard = no_grad();
            foreach ((string _, Parameter parameter) in Parameters)
                parameter.grad!.copy_(shift(parameter.grad!));
            double scale = _clipping.Measure().Scale;
            foreach ((string _, Parameter parameter) in Parameters)
                parameter.grad!.mul_(scale);
            return Parameters.ToDictionary(entry => entry.Name, entry => entry.Parameter.grad!.clone());
        }

        public void Step(double learningRate) => _optimizer.Step(learningRate);

        public void Dispose()
        {
            _optimizer.Dispose();
            _model.Dispose();
        }
    }

    // To first order, with the signs of all differences against us.
    private sealed class Uncertainty : IDisposable
    {
        // |m / √v| is 1 for one gradient and at most this for a few: no step differs by more than twice as much.
        private const double MostOfStep = 2;

        private readonly Tensor _mean, _square;

        public Uncertainty(Tensor parameter)
        {
            using var guard = no_grad();
            (_mean, _square, OfWeight) = (Zeros(), Zeros(), Zeros());

            Tensor Zeros() => zeros_like(parameter, requires_grad: false).DetachFromDisposeScope();
        }

        public Tensor OfWeight { get; }

        public void TakeGradient(Tensor gradient, Tensor difference, AdamWOptions settings)
        {
            _mean.mul_(settings.Beta1).add_(difference, alpha: 1 - settings.Beta1);
            _square.mul_(settings.Beta2).add_((2 * gradient.abs() + difference) * difference, alpha: 1 - settings.Beta2);
        }

        public void TakeStep(Tensor mean, Tensor square, (double LearningRate, long Number) step, AdamWOptions settings)
        {
            double ofMean = 1 - Math.Pow(settings.Beta1, step.Number), ofSquare = 1 - Math.Pow(settings.Beta2, step.Number);
            Tensor root = (square / ofSquare).sqrt(), denominator = root + settings.Epsilon;
            Tensor rootOff = ((square + _square) / ofSquare).sqrt() - root;
            Tensor ofStep = (_mean + mean.abs() / denominator * rootOff) / ofMean / denominator;
            OfWeight.add_(ofStep.clamp_max(2 * MostOfStep), alpha: step.LearningRate);
        }

        public void Dispose()
        {
            _mean.Dispose();
            _square.Dispose();
            OfWeight.Dispose();
        }
    }
}
