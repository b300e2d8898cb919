using Kansformers.Runtime;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>A training step as the trainer takes it: loss and backward pass into the trainer's buffers, then clipping and AdamW.</summary>
internal sealed class TrainingStepRun : IDisposable
{
    public const double LearningRate = 1e-4, Clip = 1;

    private readonly TransformerModel _model;
    private readonly Tensor _ids, _targets;
    private readonly GradientClipping _clipping;
    private readonly Optimizer _optimizer;
    private readonly GradientBuffers _gradients;
    private Tensor? _loss;

    public TrainingStepRun(TransformerModel model, Tensor ids, Tensor targets)
    {
        (_model, _ids, _targets) = (model, ids, targets);
        AdamWOptions settings = new();
        IReadOnlyList<ParameterGroup> groups = ParameterGroups.Of(model, settings.WeightDecay);
        _clipping = new GradientClipping(groups, Clip);
        _optimizer = new Optimizer(settings, groups);
        _gradients = new GradientBuffers(model.parameters());
    }

    public Contestant As(string name) => new(name, Forward, Backward, Forget);

    public void Dispose()
    {
        _optimizer.Dispose();
        _gradients.Dispose();
    }

    private void Forward() => _gradients.Collect(() =>
    {
        _loss = _model.Loss(new TokenBatch(_ids, _targets)).DetachFromDisposeScope();
        _ = _loss.item<float>();
    });

    private void Backward()
    {
        using var scope = NewDisposeScope();
        _gradients.Collect(() => _loss!.backward());
        _gradients.Publish();
        _optimizer.Step(LearningRate, _clipping.Measure().Scale);
    }

    private void Forget() => _loss?.Dispose();
}

/// <summary>The same step by the original's operations: all logits at once, torch's own clipping and AdamW.</summary>
internal sealed class ReferenceStepRun : IDisposable
{
    private readonly TransformerModel _model;
    private readonly Tensor _ids, _targets;
    private readonly TorchSharp.Modules.AdamW _optimizer;
    private Tensor? _loss;

    public ReferenceStepRun(TransformerModel model, Tensor ids, Tensor targets)
    {
        (_model, _ids, _targets) = (model, ids, targets);
        foreach ((string _, Kan.KanLinear layer) in model.KanLayers())
            layer.UseReference = true;
        foreach (Kan.KanGate gate in model.modules().OfType<Kan.KanGate>())
            gate.UseReference = true;
        foreach (Kan.KanActivation activation in model.modules().OfType<Kan.KanActivation>())
            activation.UseReference = true;
        AdamWOptions settings = new();
        _optimizer = optim.AdamW(
            ParameterGroups.Of(model, settings.WeightDecay).Select(group => new TorchSharp.Modules.AdamW.ParamGroup(
                group.Parameters.Select(entry => entry.Parameter), TrainingStepRun.LearningRate, settings.Beta1, settings.Beta2, settings.Epsilon, group.WeightDecay)),
            TrainingStepRun.LearningRate,
            settings.Beta1,
            settings.Beta2,
            settings.Epsilon);
    }

    public Contestant As(string name) => new(name, Forward, Backward, Forget);

    public void Dispose() => _optimizer.Dispose();

    private void Forward()
    {
        using var scope = NewDisposeScope();
        Tensor logits = _model.forward(_ids); // (B, T, V)
        _loss = nn.functional.cross_entropy(logits.view(-1, logits.shape[^1]), _targets.view(-1), ignore_index: -1).DetachFromDisposeScope();
        _ = _loss.item<float>();
    }

    private void Backward()
    {
        using var scope = NewDisposeScope();
        _loss!.backward();
        nn.utils.clip_grad_norm_(_model.parameters(), TrainingStepRun.Clip);
        _optimizer.step();
        _model.zero_grad(true);
    }

    private void Forget() => _loss?.Dispose();
}
