using System.Text.Json;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>How Hugging Face's library lays out the models of a family that it has a class for.</summary>
internal abstract class HuggingFaceLayout
{
    /// <summary>A word of ours, for models whose share of dropout behind the embedding differs from that of the residuals: classes that know one share keep what they do not know.</summary>
    protected const string EmbeddingDropout = "embedding_dropout";

    /// <summary>The <c>model_type</c> in <c>config.json</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>Whether its class can hold such a model: not one with KAN layers.</summary>
    public virtual bool Holds(ModelOptions options) => options.Placement == KanPlacement.None;

    /// <summary>Whether <see cref="Write"/> tells what ends a text, and <see cref="WriteGeneration"/> how one is written, as of models whose architecture has a beginning and an end.</summary>
    public virtual bool TellsEnd => false;

    /// <summary>The architecture by <c>config.json</c>. Options that would change the computation in a way that our model does not have are refused, each by its name.</summary>
    /// <exception cref="KansformersException">An option is missing, wrong or not supported.</exception>
    public abstract ModelOptions Read(HuggingFaceFolder folder);

    /// <summary>Writes the properties that <see cref="Read"/> reads to an object that is begun, for models that no class of theirs holds as well.</summary>
    public abstract void Write(Utf8JsonWriter json, ModelOptions options);

    /// <summary>Writes how a model writes texts to an object that is begun, where <see cref="TellsEnd"/> says that there is such a word.</summary>
    public virtual void WriteGeneration(Utf8JsonWriter json, ModelOptions options)
    {
    }

    /// <summary>What the weights change of an architecture that <c>config.json</c> tells.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="weights">Its weights, without the parts that wrappers put before names.</param>
    /// <param name="options">What the configuration tells.</param>
    /// <param name="notes">Gets what is to be said.</param>
    public virtual ModelOptions Settle(HuggingFaceFolder folder, TensorFile weights, ModelOptions options, List<FileNote> notes) => options;

    /// <summary>The tensors of a folder of this type by our names, and what became of each.</summary>
    /// <param name="weights">The weights, by the names of the folder.</param>
    /// <param name="options">The architecture.</param>
    /// <param name="changes">Receives a line per tensor.</param>
    public abstract List<StoredTensor> ToOurs(TensorFile weights, ModelOptions options, List<TensorChange> changes);

    /// <summary>The tensors of a model that their class can hold by their names, and what became of each.</summary>
    /// <param name="tensors">The model's tensors.</param>
    /// <param name="options">The architecture.</param>
    /// <param name="changes">Receives a line per tensor.</param>
    public abstract List<StoredTensor> ToTheirs(IReadOnlyList<StoredTensor> tensors, ModelOptions options, List<TensorChange> changes);

    /// <summary>Refuses a configuration that does not belong to its weights.</summary>
    /// <param name="weights">The weights, by our names.</param>
    /// <param name="options">The architecture by the configuration.</param>
    /// <exception cref="KansformersException">They differ; the message says where.</exception>
    public virtual void RequireAgreement(TensorFile weights, ModelOptions options)
    {
    }

    /// <summary>Writes the share of dropout of residuals, and that of the embedding where it is another.</summary>
    protected static void WriteDropout(Utf8JsonWriter json, string name, ModelOptions options)
    {
        json.WriteNumber(name, options.ResidualDropout);
        if (options.EmbeddingDropout != options.ResidualDropout)
            json.WriteNumber(EmbeddingDropout, options.EmbeddingDropout);
    }
}
