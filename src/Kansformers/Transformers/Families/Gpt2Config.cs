using System.Text.Json;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>GPT-2's <c>config.json</c>.</summary>
internal static class Gpt2Config
{
    private const double NormEpsilon = 1e-5;

    /// <summary>The architecture. Options that would change the computation in a way that our model does not have are refused, each by its name.</summary>
    /// <exception cref="KansformersException">An option is missing, wrong or not supported.</exception>
    public static GptOptions Read(HuggingFaceFolder folder)
    {
        ConfigReader config = new(folder);
        int width = config.Integer("n_embd");
        GeluForm? gelu = config.Text("activation_function", "gelu_new") switch
        {
            "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => GeluForm.Tanh,
            "gelu" or "gelu_python" => GeluForm.Exact,
            _ => null,
        };
        config.Require("activation_function", gelu is not null, "gelu_new or gelu");
        config.Require("layer_norm_epsilon", config.Number("layer_norm_epsilon", NormEpsilon) == NormEpsilon, "1e-05");
        config.Require("n_inner", config.IsNull("n_inner") || config.Integer("n_inner") == 4L * width, "null");
        config.Require("scale_attn_weights", config.Truth("scale_attn_weights", true), "true");
        config.Require("scale_attn_by_inverse_layer_idx", !config.Truth("scale_attn_by_inverse_layer_idx", false), "false");
        config.Require("add_cross_attention", !config.Truth("add_cross_attention", false), "false");
        GptOptions options = new()
        {
            Layers = config.Integer("n_layer"),
            Heads = config.Integer("n_head"),
            Width = width,
            BlockSize = config.Integer(config.IsNull("n_positions") ? "n_ctx" : "n_positions"),
            VocabularySize = config.Integer("vocab_size"),
            EmbeddingDropout = config.Number("embd_pdrop", 0.1),
            ResidualDropout = config.Number("resid_pdrop", 0.1),
            AttentionDropout = config.Number("attn_pdrop", 0.1),
            Placement = KanPlacement.None,
            Gelu = gelu!.Value,
            TiedHead = config.Truth("tie_word_embeddings", true),
        };
        options.Validate();
        return options;
    }

    /// <summary>Writes the properties of an object that is begun.</summary>
    public static void Write(Utf8JsonWriter json, GptOptions options)
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue(options.Placement == KanPlacement.None ? "GPT2LMHeadModel" : "KansformersGPT");
        json.WriteEndArray();
        json.WriteNumber("vocab_size", options.VocabularySize);
        json.WriteNumber("n_positions", options.BlockSize);
        json.WriteNumber("n_ctx", options.BlockSize);
        json.WriteNumber("n_embd", options.Width);
        json.WriteNumber("n_layer", options.Layers);
        json.WriteNumber("n_head", options.Heads);
        json.WriteNull("n_inner");
        json.WriteString("activation_function", options.Gelu == GeluForm.Exact ? "gelu" : "gelu_new");
        json.WriteNumber("embd_pdrop", options.EmbeddingDropout);
        json.WriteNumber("resid_pdrop", options.ResidualDropout);
        json.WriteNumber("attn_pdrop", options.AttentionDropout);
        json.WriteNumber("layer_norm_epsilon", NormEpsilon);
        json.WriteNumber("initializer_range", 0.02);
        json.WriteBoolean("tie_word_embeddings", options.TiedHead);
        json.WriteString("torch_dtype", "float32");
    }
}
