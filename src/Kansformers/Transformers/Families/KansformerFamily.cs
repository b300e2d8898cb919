using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>Our own family: its sizes, and the options that it adds on the command line. Its weight files tell their architecture in their header.</summary>
internal sealed class KansformerFamily() : Family<KansformerOptions, Kansformer>(
    "kansformer", "a modern decoder whose feed-forward parts are gated by learned functions", (options, device) => new Kansformer(options, device))
{
    public override IReadOnlyList<ModelPreset> Presets { get; } =
    [
        new("kansformer-small", 12, 12, 768),
        new("kansformer-mini", 6, 6, 192),
        new("kansformer-micro", 4, 4, 128),
        new("kansformer-nano", 3, 3, 48),
    ];

    public override IReadOnlyList<FamilySetting> Settings { get; } =
    [
        SettingText.Setting<KansformerOptions>("feed-forward", $"the form of the feed-forward parts: {string.Join("; ", FeedForwards.All.Select(form => $"{form.Name}, {form.Summary}"))} [default: {FeedForwards.All[0].Name}]",
            (options, value) => options with { FeedForward = FeedForwards.Named(value.Value).Name }),
        SettingText.Setting<KansformerOptions>("inner", "the width between the two matrices of a feed-forward part; 0 for the form's own, 4 times the model's or 8/3 times where there are two first matrices [default: 0]",
            (options, value) => options with { Inner = value.Integer() }),
        SettingText.Setting<KansformerOptions>("inner-norm", "whether an RMS norm stands before the second matrix of a feed-forward part: true or false [default: true]",
            (options, value) => options with { InnerNorm = value.Truth() }),
        SettingText.Setting<KansformerOptions>("conv-kernel", "tokens that the convolutions before attention and feed-forward see; 0 for no convolutions [default: 4]",
            (options, value) => options with { ConvolutionKernel = value.Integer() }),
        SettingText.Setting<KansformerOptions>("embedding-norm", "whether an RMS norm stands behind the embedding: true or false [default: true]",
            (options, value) => options with { EmbeddingNorm = value.Truth() }),
        SettingText.Setting<KansformerOptions>("head-gates", "whether each head of attention passes a gate that the token opens or closes: true or false [default: true]",
            (options, value) => options with { HeadGates = value.Truth() }),
        SettingText.Setting<KansformerOptions>("activation", $"the kind of the learned functions, with options of its own as in bspline:grid-size=24,sharing=group:4: {string.Join(", ", KanKinds.Names)} [default: bspline, 12 intervals over -3,3, group:8]",
            (options, value) => options with { Activation = Activation(options.Activation, value.Value) }),
    ];

    // A kind's own options are those of layers: functions alone stand in groups, as the default's do, with neither a norm of their own nor a second branch.
    private static KanOptions Activation(KanOptions now, string text)
    {
        KanOptions kind = KanKinds.Named(text.Split(':', 2)[0].Trim());
        if (kind.Kind == now.Kind)
            return KanSettings.Apply(now, text);
        InputNorm norm = kind.Norm == InputNorm.LayerNorm ? InputNorm.None : kind.Norm;
        return KanSettings.Apply(kind with { Sharing = kind.Sharing.IsEdge ? now.Sharing : kind.Sharing, BaseActivation = null, Norm = norm }, text);
    }
}
