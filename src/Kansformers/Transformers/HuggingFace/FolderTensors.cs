using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>The tensors of a folder by the names that the classes of its type have.</summary>
/// <param name="path">The folder or file, for messages.</param>
/// <param name="model">What the model is called in messages, such as <c>BART</c>.</param>
/// <param name="found">The tensors by name.</param>
internal sealed class FolderTensors(string path, string model, Dictionary<string, StoredTensor> found)
{
    /// <summary>The tensors by name; what is taken may be taken out.</summary>
    public Dictionary<string, StoredTensor> Found => found;

    /// <summary>The rows and columns of a matrix.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="KansformersException">It is missing or no matrix.</exception>
    public (long Rows, long Columns) Matrix(string name)
    {
        StoredTensor tensor = found.GetValueOrDefault(name) ?? throw Lacks(name);
        return tensor.Shape is [long rows, long columns] ? (rows, columns)
            : throw new KansformersException($"'{path}': '{name}' has the shape {StoredTensor.ShapeText(tensor.Shape.AsSpan())}; it must be a matrix");
    }

    /// <summary>Whether there is a matrix of logits other than the token embedding, which counts, whatever the configuration says.</summary>
    /// <param name="logits">The name of the one.</param>
    /// <param name="embedding">The name of the other.</param>
    /// <param name="notes">Gets what is to be said.</param>
    public bool IsUntied(string logits, string embedding, List<FileNote> notes)
    {
        if (!found.TryGetValue(logits, out StoredTensor? own) || !found.TryGetValue(embedding, out StoredTensor? tokens) || own.Same(tokens))
            return false;
        notes.Add(new FileNote($"'{path}': config.json says, or leaves it to the default, that the logits are tied to the token embedding, but {logits} and {embedding} differ; both count, and they are not tied"));
        return true;
    }

    /// <summary>The refusal of a folder without a tensor.</summary>
    /// <param name="name">The tensor.</param>
    public KansformersException Lacks(string name) => new($"'{path}' lacks '{name}', which a {model} of its config.json has; restore the file, or correct config.json");
}
