using Kansformers.Checkpoints;
using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A model of any family with KAN layers made of one with linear layers, or the other way round, which computes the same or as nearly as its layers can.</summary>
public static class KanModelConversion
{
    private const int RandomTokens = 64, RandomSequences = 4;
    private const double Noticeable = 0.01;

    /// <summary>A model whose linear layers are KANs where a plan says so.</summary>
    /// <param name="model">The model; it stays as it is.</param>
    /// <param name="plan">Which layers, and of what kind.</param>
    /// <exception cref="KansformersException">An option is invalid, or a layer cannot be made of that kind; the message says which.</exception>
    public static ModelSwap ToKan(TransformerModel model, KanModelPlan plan)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.Placement == KanPlacement.None)
            throw new KansformersException("the placement names no layer that could become a KAN");
        List<string> notes = [];
        ModelOptions options = model.Options;
        bool isLinear = options.Placement == KanPlacement.None;
        KanOptions kan = isLinear && plan.Suit ? KanConversion.Suited(plan.Kan) : plan.Kan;
        if (Untied(options, plan.Placement) is ModelOptions untied)
        {
            options = untied;
            notes.Add("the head is a KAN now, and tied to the token embedding no longer");
        }

        if (options is EncoderOptions { Head: EncoderHead.MaskedLanguage, TiedHead: true } && plan.Placement.HasFlag(KanPlacement.Head))
            notes.Add("the logits stay products with the token embedding; the layer before them is a KAN");
        (string Path, IHasActivation Part)[] parts = [.. ModelSlots.Parts(model)];
        bool isSettled = parts.Any(entry => entry.Part.IsKan); // its KAN layers learned with an activation between them, or without one, and need it so still
        KanActivations activations = parts.Length == 0 ? KanActivations.Dropped : isSettled ? options.KanActivations : plan.Activations;
        if (isSettled && activations != plan.Activations && (plan.Placement & ~options.Placement) != 0)
            notes.Add($"activations between KAN layers are {activations.ToString().ToLowerInvariant()}, as in the KAN layers that there are");
        options = options with
        {
            Placement = options.Placement | plan.Placement,
            Kan = KanConversion.WithBias(kan, HasBias(model)),
            KanActivations = activations,
        };
        return Convert(model, options, (plan.Calibration, plan.CalibrationRows), notes);
    }

    /// <summary>A model of linear layers, for programs that know no others.</summary>
    /// <param name="model">The model; it stays as it is.</param>
    /// <param name="calibration">Token ids, int64, (B, T) each, on which the layers are fitted and the models compared; null fits each edge by itself, and compares on random tokens.</param>
    /// <param name="rows">How many inputs of each layer a calibration keeps, at least 1.</param>
    /// <exception cref="KansformersException">There is no KAN layer, or its functions cannot be fitted without a calibration.</exception>
    public static ModelSwap ToLinear(TransformerModel model, IReadOnlyList<Tensor>? calibration = null, int rows = 8192)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelOptions options = model.Options;
        if (options.Placement == KanPlacement.None)
            throw new KansformersException("the model has no KAN layers: its linear layers are linear already");
        List<string> notes = [];
        if (Untied(options, options.Placement) is ModelOptions untied)
        {
            options = untied;
            notes.Add("the head was a KAN with weights of its own, and is not tied to the token embedding");
        }

        return Convert(model, options with { Placement = KanPlacement.None, KanActivations = KanActivations.Dropped }, (calibration, rows), notes);
    }

    private static ModelSwap Convert(TransformerModel model, ModelOptions options, (IReadOnlyList<Tensor>? Batches, int Rows) calibration, List<string> notes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(calibration.Rows, 1, "rows");
        if (calibration.Batches is { Count: 0 })
            throw new KansformersException("there are no tokens to calibrate on");
        TransformerModel made = options.Family.Create(options, model.Device);
        try
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            IReadOnlyList<ModelSlot> from = ModelSlots.Of(model);
            using SlotInputs? inputs = calibration.Batches is null ? null : SlotInputs.Of(model, from, calibration.Batches, calibration.Rows);
            LayerConversion layers = new(model, made, inputs);
            layers.RequireActivations();
            SwapResult[] results = [.. ModelSlots.Of(made).Select(layers.Convert)];
            layers.CopyRest();
            made.train(model.training);
            Tensor[] batches = [.. calibration.Batches ?? [RandomBatch(options).to(model.Device)]];
            (double difference, double largest) = Compare(model, made, batches);
            int bounded = results.Count(result => result.Match?.How == KanAgreement.ExactInRange), fitted = results.Count(result => result.Match is { How: KanAgreement.Fitted, RelativeError: > Noticeable });
            if (bounded > 0)
                notes.Add($"{bounded} {(bounded == 1 ? "layer computes" : "layers compute")} the same within the grid alone, beyond which splines vanish{(inputs is null ? "; put grids where inputs are by a calibration, or" : ";")} take outside=linear");
            if (fitted > 0)
                notes.Add($"{fitted} {(fitted == 1 ? "layer is" : "layers are")} fitted to more than 1 % of their largest output, so that the model computes something else; train it further");
            return new ModelSwap(made, results, layers.Changes)
            {
                LargestLogitDifference = difference,
                LargestLogit = largest,
                Tokens = batches.Sum(batch => batch.numel()),
                IsCalibrated = calibration.Batches is not null,
                Notes = notes,
            };
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    // The options with a head of its own weights, where a placement has a KAN for one that would be tied; null where nothing changes.
    private static ModelOptions? Untied(ModelOptions options, KanPlacement placement) => options switch
    {
        GptOptions { TiedHead: true } gpt when placement.HasFlag(KanPlacement.Head) => gpt with { TiedHead = false },
        BartOptions { TiedHead: true } bart when (bart with { Placement = placement }).PlacementOf(KanSide.Decoder).HasFlag(KanPlacement.Head) => bart with { TiedHead = false },
        _ => null,
    };

    private static bool HasBias(TransformerModel model) => ModelSlots.Of(model).Any(slot => slot.Module switch
    {
        LinearLayer linear => linear.Bias is not null,
        KanLinear kan => (kan.Tensors.Find(KanRole.Bias) ?? kan.Tensors.Find(KanRole.BaseBias)) is not null,
        _ => false,
    });

    private static (double Difference, double Largest) Compare(TransformerModel one, TransformerModel other, IEnumerable<Tensor> batches)
    {
        using EvaluationMode first = new(one), second = new(other);
        (double difference, double largest) = (0, 0);
        foreach (Tensor batch in batches)
        {
            using var scope = NewDisposeScope();
            Tensor wanted = one.forward(batch), got = other.forward(batch);
            difference = Math.Max(difference, (wanted - got).abs().max().to_type(ScalarType.Float64).item<double>());
            largest = Math.Max(largest, wanted.abs().max().to_type(ScalarType.Float64).item<double>());
        }

        return (difference, largest);
    }

    // The same at every call, whatever the state of the global generator.
    private static Tensor RandomBatch(ModelOptions options)
    {
        using Generator chance = new(1);
        return randint(options.VocabularySize, [RandomSequences, Math.Min(RandomTokens, options.BlockSize)], ScalarType.Int64, generator: chance);
    }
}
