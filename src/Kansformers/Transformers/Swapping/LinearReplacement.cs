using System.Runtime.ExceptionServices;
using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Replaces the linear layers of any module by KAN layers, in place.</summary>
/// <remarks>
/// <para>Layers keep their names, device, type, training mode and hooks. A layer that several modules share is replaced once and is shared still. Every place that holds a
/// layer is found: registered parts, private fields, lists, dictionaries, objects of one's own, what lambdas captured. A place that can hold a <c>Linear</c> only keeps
/// it, and the report says which: declare such fields as <c>Module&lt;Tensor, Tensor&gt;</c>.</para>
/// <para>The parameters are others afterwards: make optimizers behind it. Weights that were frozen stay frozen (<see cref="FrozenLayers"/>).</para>
/// </remarks>
public static class LinearReplacement
{
    /// <summary>The linear layers of a module (TorchSharp's <c>Linear</c>), in its order.</summary>
    /// <param name="module">The module.</param>
    public static IReadOnlyList<LinearSite> Find(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return [.. LinearSearch.Of(module).Sites];
    }

    /// <summary>Replaces the layers that a policy chooses. When anything fails, the module is as it was before.</summary>
    /// <param name="module">The module.</param>
    /// <param name="policy">Which layers, and by what; null for every layer, by B-splines that compute the same.</param>
    /// <returns>What became of each layer.</returns>
    /// <exception cref="ArgumentException">The module is a linear layer itself, which nothing holds; or the policy has a value that is none.</exception>
    /// <exception cref="KansformersException">A layer cannot be made as the policy wants it, or the calibration did not reach any layer; or it is a model of this library.</exception>
    public static SwapReport Replace(nn.Module module, SwapPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        policy ??= new SwapPolicy();
        policy.Validate();
        if (module is Linear)
            throw new ArgumentException("the module is a linear layer itself: take KanConversion.FromLinear, or a module around it", nameof(module));
        LinearSearch search = LinearSearch.Of(module);
        if (search.Modules.OfType<TransformerModel>().FirstOrDefault() is TransformerModel model)
            throw new KansformersException($"a {model.Options.Family.Name} tells its KAN layers by its options, which a replacement inside it would belie; convert it by KanModelConversion");
        LinearSite[] sites = [.. search.Sites];
        IReadOnlyDictionary<object, List<ModulePlace>> places = ModulePlaces.Find(search.Modules, [.. sites.Select(site => site.Layer)]);
        Dictionary<Linear, string> objections = new(ReferenceEqualityComparer.Instance);
        foreach (LinearSite site in sites)
        {
            if ((policy.Objection(site) ?? Obstacle(places[site.Layer])) is string reason)
                objections[site.Layer] = reason;
        }

        LinearSite[] chosen = [.. sites.Where(site => !objections.ContainsKey(site.Layer))];
        Dictionary<Linear, SwapResult> made = Make(module, policy, chosen, places);
        try
        {
            Commit(chosen, site => made[site.Layer].Kan!, places);
        }
        catch
        {
            Dispose(made.Values);
            throw;
        }

        if (policy.DisposeReplaced)
            Drop(chosen);
        return new SwapReport([.. sites.Select(site => made.GetValueOrDefault(site.Layer) ?? Result(site) with { Reason = objections[site.Layer] }), .. search.Opaque]);
    }

    private static SwapResult Result(LinearSite site) => new(site.Name, site.Inputs, site.Outputs);

    private static string? Obstacle(List<ModulePlace> places) => places.Select(place => place.Obstacle(typeof(KanLinear))).FirstOrDefault(obstacle => obstacle is not null);

    // All layers, before any is put into its place: when one fails, those made are disposed.
    private static Dictionary<Linear, SwapResult> Make(nn.Module module, SwapPolicy policy, LinearSite[] chosen, IReadOnlyDictionary<object, List<ModulePlace>> places)
    {
        Dictionary<Linear, SwapResult> made = new(ReferenceEqualityComparer.Instance);
        Dictionary<Linear, SampleRows> samples = new(ReferenceEqualityComparer.Instance);
        try
        {
            if (policy.Calibrate is not null && policy.Start == SwapStart.SameFunction && chosen.Length > 0)
                Calibrate(module, policy, chosen, places, samples);
            foreach (LinearSite site in chosen)
                made[site.Layer] = Make(site, policy, samples.GetValueOrDefault(site.Layer));
            return made;
        }
        catch
        {
            Dispose(made.Values);
            throw;
        }
        finally
        {
            foreach (SampleRows rows in samples.Values)
                rows.Dispose();
        }
    }

    private static void Dispose(IEnumerable<SwapResult> made)
    {
        foreach (SwapResult result in made)
            result.Kan!.Dispose();
    }

    private static SwapResult Make(LinearSite site, SwapPolicy policy, SampleRows? samples)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Linear linear = site.Layer;
        KanOptions options = policy.KanOf?.Invoke(site) ?? policy.Kan;
        (KanLinear layer, LayerMatch? match) = (null!, null);
        List<string> notes = site.TiedTo is null ? [] : [$"tied to '{site.TiedTo}' no longer"];
        try
        {
            if (policy.Start == SwapStart.Fresh)
            {
                layer = new KanLinear(site.Inputs, site.Outputs, KanConversion.WithBias(options, site.HasBias));
                KanConversion.Placed(layer, linear.weight);
            }
            else
            {
                if (samples is { IsEmpty: true })
                    notes.Add("the calibration did not reach it");
                (layer, match) = KanConversion.FromLinear(new LinearMap(linear.weight, linear.bias), policy.Suit ? KanConversion.Suited(options) : options,
                    samples is { IsEmpty: false } ? samples.Samples(options.Norm == InputNorm.LayerNorm) : null);
            }
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"'{site.Name}' cannot become a KAN layer: {failure.Message.Replace("give samples", "give SwapPolicy.Calibrate", StringComparison.Ordinal)}", failure);
        }

        layer.train(linear.training);
        ModuleHooks.Share(linear, layer);
        if (policy.Frozen == FrozenLayers.Keep && Freeze(linear, layer))
            notes.Add("frozen, as it was");
        return Result(site) with { Kan = layer, Match = match, Note = notes.Count == 0 ? null : string.Join("; ", notes) };
    }

    // What was not learned is not learned: the weight became everything but the bias. Whether the weight is frozen.
    private static bool Freeze(Linear linear, KanLinear layer)
    {
        bool weight = linear.weight.requires_grad, bias = linear.bias?.requires_grad ?? weight;
        foreach ((KanRole role, Tensor tensor) in layer.Tensors.All)
        {
            if (tensor is Parameter)
                tensor.requires_grad_(role is KanRole.Bias or KanRole.BaseBias ? bias : weight);
        }

        return !weight;
    }

    private static void Calibrate(nn.Module module, SwapPolicy policy, LinearSite[] chosen, IReadOnlyDictionary<object, List<ModulePlace>> places, Dictionary<Linear, SampleRows> samples)
    {
        List<InputRecorder> recorders = [];
        foreach (LinearSite site in chosen)
        {
            samples[site.Layer] = new SampleRows(policy.CalibrationRows);
            recorders.Add(new InputRecorder(site.Layer, samples[site.Layer]));
        }

        int at = 0;
        using EvaluationMode evaluation = new(module);
        using IDisposable undo = Commit(chosen, _ => recorders[at++], places);
        using var guard = no_grad();
        policy.Calibrate!();
        if (samples.Values.All(rows => rows.IsEmpty))
            throw new KansformersException("the calibration ran none of the linear layers: let it run the module on representative inputs");
    }

    // Puts modules into all places of linear layers; disposing what it returns puts the linear layers back.
    private static Undoing Commit(LinearSite[] sites, Func<LinearSite, nn.Module> made, IReadOnlyDictionary<object, List<ModulePlace>> places)
    {
        Undoing undo = new();
        try
        {
            foreach (LinearSite site in sites)
            {
                nn.Module module = made(site);
                foreach (ModulePlace place in places[site.Layer])
                {
                    undo.Add(() => place.Set(site.Layer));
                    place.Set(module);
                }
            }

            return undo;
        }
        catch
        {
            undo.Back(); // what failed first is what is told
            throw;
        }
    }

    // A tied layer's parameters are another module's as well.
    private static void Drop(LinearSite[] sites)
    {
        foreach (LinearSite site in sites.Where(site => site.TiedTo is null))
            site.Layer.Dispose();
    }

    // Steps back, of which one that fails keeps none of the others from being taken.
    private sealed class Undoing : IDisposable
    {
        private readonly Stack<Action> _steps = [];

        public void Add(Action step) => _steps.Push(step);

        public void Dispose() => Back()?.Throw();

        // The first failure.
        public ExceptionDispatchInfo? Back()
        {
            ExceptionDispatchInfo? first = null;
            while (_steps.TryPop(out Action? step))
            {
                try
                {
                    step();
                }
                catch (Exception failure)
                {
                    first ??= ExceptionDispatchInfo.Capture(failure);
                }
            }

            return first;
        }
    }
}
