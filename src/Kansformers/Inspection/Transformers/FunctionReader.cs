using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>
/// Reads what the learned functions of a transformer do on a corpus: batches stream through the model, and of each layer only moments are kept. Of an edge with the columns
/// z = (B_1(x), ..., B_n(x), act(x)) of its input and the weights w, the mean over all tokens is w' E[z] and the variance w' Cov[z] w, exactly; a layer so takes
/// in · (n + 1)² numbers, however many edges and tokens there are. Every kind of layer has such columns.
/// </summary>
public static class FunctionReader
{
    /// <summary>Reads a run's own training text.</summary>
    /// <param name="run">The run.</param>
    /// <param name="model">Its model; in evaluation mode meanwhile.</param>
    /// <param name="options">How much to read; null for the usual.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    /// <exception cref="KansformersException">The model has no learned functions, the text is missing, or the model's weights are broken.</exception>
    public static ModelReading Read(RunFolder run, TransformerModel model, ReadingOptions? options = null, IProgress<ReadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(model);
        RequireFunctions(model);
        using TrainingMaterial material = run.LoadMaterial(cancellation: cancellation);
        using IObjective objective = run.Config.Training.Objective.Task(run.Config.Model).Create(model, material.Data, run.Config.Training);
        return Read(model, objective, options, progress, cancellation);
    }

    /// <summary>Reads the batches of an objective, the first ones of a training.</summary>
    /// <param name="model">The model; in evaluation mode meanwhile.</param>
    /// <param name="objective">The objective, of that model.</param>
    /// <param name="options">How much to read; null for the usual.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    /// <exception cref="KansformersException">The model has no learned functions, an option is invalid, or the model's weights are broken.</exception>
    public static ModelReading Read(TransformerModel model, IObjective objective, ReadingOptions? options = null, IProgress<ReadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(objective);
        ReadingOptions wanted = options ?? new ReadingOptions();
        wanted.Validate();
        RequireFunctions(model);
        using var scope = NewDisposeScope();
        LayerRecorder[] recorders = [.. FunctionLayer.Of(model).Select(layer => new LayerRecorder(layer, wanted.Gradients))];
        using FrozenParameters frozen = new(model);
        using EvaluationMode evaluation = new(model);
        try
        {
            Array.ForEach(recorders, recorder => recorder.Begin());
            long tokens = 0;
            for (long batch = 0; tokens < wanted.Tokens; batch++)
            {
                cancellation.ThrowIfCancellationRequested();
                long some = objective.TokensOf(batch);
                ReadBatch(objective, batch, some, recorders);
                tokens += some;
                progress?.Report(new ReadingProgress(tokens, Math.Max(tokens, wanted.Tokens)));
            }

            return new ModelReading([.. recorders.Select(recorder => recorder.Read()).OfType<LayerReading>()], tokens);
        }
        finally
        {
            Array.ForEach(recorders, recorder => recorder.End());
            Array.ForEach(recorders, recorder => recorder.Dispose());
        }
    }

    private static void ReadBatch(IObjective objective, long batch, long tokens, LayerRecorder[] recorders)
    {
        using var scope = NewDisposeScope();
        using var graph = set_grad_enabled(true);
        random.manual_seed(batch);
        Tensor loss = objective.Loss(batch, 1);
        Tensor[] outputs = [.. recorders.SelectMany(recorder => recorder.Waiting)];
        if (outputs.Length == 0)
            return;
        IList<Tensor> gradients = autograd.grad([loss], outputs, allow_unused: true);
        int from = 0;
        foreach (LayerRecorder recorder in recorders)
        {
            int count = recorder.Waiting.Count;
            recorder.Measure([.. gradients.Skip(from).Take(count).Select(gradient => gradient is null || gradient.IsInvalid ? null : gradient)], tokens);
            from += count;
        }
    }

    private static void RequireFunctions(TransformerModel model)
    {
        if (FunctionLayer.Of(model).Count == 0)
            throw new KansformersException($"this {model.Options.Family.Name} has no KAN layer and no learned activation, so there are no functions to read");
    }

    // Nothing is learned, so that the graph begins where the first layer's output asks for its gradient.
    private sealed class FrozenParameters : IDisposable
    {
        private readonly Parameter[] _frozen;

        public FrozenParameters(TransformerModel model)
        {
            _frozen = [.. model.parameters().Where(parameter => parameter.requires_grad)];
            Array.ForEach(_frozen, parameter => parameter.requires_grad = false);
        }

        public void Dispose() => Array.ForEach(_frozen, parameter => parameter.requires_grad = true);
    }
}
