using System.Security.Cryptography;
using System.Text;
using Kansformers.Checkpoints;
using Kansformers.Text;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>The teacher of a distillation, wherever it lies, and what must hold of it.</summary>
internal sealed class TeacherSource
{
    private const int PartBytes = 1 << 20;

    private readonly string _name;
    private readonly ModelSource _source;

    private TeacherSource(string name, ModelSource source)
    {
        (_name, _source) = (name, source);
        if (source.Run is not null && !File.Exists(source.WeightFile()))
            throw new KansformersException($"the teacher '{name}' holds no weights yet; train it first");
        Architecture = source.Architecture();
    }

    /// <summary>Its architecture.</summary>
    public ModelOptions Architecture { get; }

    /// <summary>Where it lies, so that it is found from any folder.</summary>
    public string FullName => _name.StartsWith(Hub.HubRepository.Scheme, StringComparison.Ordinal) ? _name : Path.GetFullPath(_name);

    /// <summary>Finds it.</summary>
    /// <param name="name">What <see cref="ModelSource.Open"/> takes.</param>
    /// <exception cref="KansformersException">None is named, or it is not there.</exception>
    public static TeacherSource Find(string name)
    {
        if (name.Length == 0)
            throw new KansformersException("distillation needs a teacher, a model that is trained already: give DistillationOptions.Teacher, a run, a folder in Hugging Face's layout, hub:owner/name, or a weight file");
        try
        {
            return new TeacherSource(name, ModelSource.Open(name));
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"the teacher cannot be used: {failure.Message}; give another DistillationOptions.Teacher, or for a run that goes on bring it back, or write where it lies now into its config.json (training.objective.teacher)", failure);
        }
    }

    /// <summary>Refuses a teacher of another task, or that reads less at once than the student.</summary>
    /// <param name="student">The student.</param>
    /// <param name="task">What the student learns.</param>
    public void RequireFor(ModelOptions student, ObjectiveOptions task)
    {
        bool can = Architecture is EncoderOptions encoder ? student is EncoderOptions && encoder.Head == EncoderHead.MaskedLanguage
            : Architecture.Family.IsCausal && student.Family.IsCausal;
        if (!can)
        {
            string what = Architecture is EncoderOptions { Head: EncoderHead.None } ? "without a head" : Architecture is EncoderOptions own ? $"with a {own.HeadWords}" : $"that learns {Objectives.For(Architecture).Kind}";
            throw new KansformersException($"the teacher '{_name}' is a {Architecture.Family.Name} {what}, but a {student.Family.Name} learns {task.Kind} of a teacher that does so too; give DistillationOptions.Teacher such a model");
        }

        if (Architecture.BlockSize < student.BlockSize)
            throw new KansformersException($"the teacher '{_name}' reads {Architecture.BlockSize} tokens at once, but the block size is {student.BlockSize}; let ModelOptions.BlockSize be at most {Architecture.BlockSize}");
    }

    /// <summary>Refuses a student of another vocabulary, or text by another tokenizer.</summary>
    /// <param name="student">The student.</param>
    /// <param name="tokenizer">The tokenizer of the text; null where it is not known.</param>
    public void RequireTokens(ModelOptions student, Tokenizer? tokenizer)
    {
        const string Remedy = "a student learns from a teacher of its own vocabulary: give the teacher's tokenizer, or a teacher of this one";
        if (student.VocabularySize != Architecture.VocabularySize)
            throw new KansformersException($"the teacher '{_name}' has a vocabulary of {Architecture.VocabularySize}, the model {student.VocabularySize}; {Remedy}");
        if (tokenizer is null)
            return;
        if (!tokenizer.Fits(Architecture.VocabularySize))
            throw new KansformersException($"the tokenizer has {tokenizer.VocabularySize} ids, the teacher '{_name}' {Architecture.VocabularySize}; {Remedy}");
        if (_source.HasTokenizer && !AreSame(tokenizer, _source.LoadTokenizer(Architecture.VocabularySize)))
            throw new KansformersException($"the tokenizer of the text is not the teacher's, '{_name}': their ids mean other tokens; {Remedy}");
    }

    /// <summary>The same exactly when all weights are, by name, shape and bits.</summary>
    public string Digest()
    {
        using ModelFile file = ModelFile.Open(_source.WeightFile());
        return DigestOf(file, Architecture);
    }

    /// <summary>The model with its weights, in evaluation mode and without gradients.</summary>
    /// <param name="digest">What <see cref="Digest"/> must be; null for anything.</param>
    /// <param name="device">Where it is wanted.</param>
    /// <exception cref="KansformersException">The weights are others, or cannot be read.</exception>
    public TransformerModel Load(string? digest, Device device)
    {
        // The weights that are compared are those that are loaded: the file stays open.
        using ModelFile file = ModelFile.Open(_source.WeightFile());
        if (digest is not null && DigestOf(file, Architecture) != digest)
            throw Changed();
        TransformerModel model = Architecture.Family.Create(Architecture, device);
        try
        {
            file.LoadInto(model);
            FiniteWeights.Require(model.state_dict().Select(entry => (entry.Key, entry.Value)), _source.WeightFile(), "give another DistillationOptions.Teacher");
            model.eval();
            foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
                parameter.requires_grad = false;
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>That the weights are not those that a run began with.</summary>
    public KansformersException Changed() =>
        new($"the weights of the teacher '{_name}' are not those that the run began with; bring the old ones back, or start a new run (RunConfig.InitialWeights begins from this one's weights)");

    private static string DigestOf(ModelFile file, ModelOptions options)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] part = new byte[PartBytes];
        foreach (StoredTensor tensor in file.Taken(options).OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor}\n"));
            for (long at = 0; at < tensor.ByteLength; at += PartBytes)
            {
                Span<byte> bytes = part.AsSpan(0, (int)Math.Min(PartBytes, tensor.ByteLength - at));
                tensor.Read(at, bytes);
                hash.AppendData(bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    private static bool AreSame(Tokenizer one, Tokenizer other)
    {
        if (one.VocabularySize != other.VocabularySize)
            return false;
        for (int id = 0; id < one.VocabularySize; id++)
        {
            if (!one.BytesOf(id).SequenceEqual(other.BytesOf(id)))
                return false;
        }

        return true;
    }
}
