namespace Kansformers.Transformers;

/// <summary>BARTs: their published sizes, one to try things with, and Hugging Face's folders of them.</summary>
internal sealed class BartFamily() : Family<BartOptions, Bart>("bart", "an encoder-decoder that repairs noised texts (Lewis et al., 2020)", (options, device) => new Bart(options, device))
{
    public override IReadOnlyList<ModelPreset> Presets { get; } = [new("bart-large", 12, 16, 1024), new("bart-base", 6, 12, 768), new("bart-tiny", 2, 2, 128)];

    public override IReadOnlyList<FamilySetting> Settings { get; } =
    [
        SettingText.Setting<BartOptions>("kan-side", "which half has KAN layers: both, encoder or decoder [default: both]", (options, value) => options with { KanSide = value.Named<KanSide>() }),
        SettingText.Setting<BartOptions>("decoder-layers", "blocks of the decoder; 0 for as many as the encoder has [default: 0]", (options, value) => options with { DecoderLayers = value.Integer() }),
    ];

    internal override HuggingFaceLayout HuggingFace { get; } = new BartLayout();
}
