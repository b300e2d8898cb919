namespace Kansformers.Transformers;

/// <summary>What Hugging Face calls the modules of an encoder. In names of blocks <c>#</c> stands for the block's number.</summary>
internal sealed record EncoderNames
{
    /// <summary>How the names of all but the heads begin, the dot included.</summary>
    public required string Prefix { get; init; }

    /// <summary>Our modules before the heads, and what each is called there behind the prefix; several names where ours is theirs one below the other.</summary>
    public required IReadOnlyList<ModuleNames> Body { get; init; }

    /// <summary>Our modules of the head for tokens; of the last layer its tensors, for they lie apart there.</summary>
    public required IReadOnlyList<ModuleNames> MaskedLanguage { get; init; }

    /// <summary>Our modules of the head for sequences.</summary>
    public required IReadOnlyList<ModuleNames> Classification { get; init; }

    /// <summary>The layer of the head for labels of tokens.</summary>
    public ModuleNames TokenClassification { get; init; } = new("head.labels", "classifier");

    /// <summary>The layer of the head for answers.</summary>
    public ModuleNames QuestionAnswering { get; init; } = new("head.outputs", "qa_outputs");

    /// <summary>Beginnings of names of what no model of ours takes, behind the prefix or not: second names, buffers, heads that were only for pretraining.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>A second name of the bias of the logits, which some files have alone, and its first; null where there is none.</summary>
    public (string Second, string First)? Bias { get; init; }

    /// <summary>The matrix of the logits, which is left out where it is tied.</summary>
    public const string Decoder = "head.decoder.weight";

    /// <summary>Every tensor of a model: our name and theirs.</summary>
    /// <param name="options">The model, without KAN layers.</param>
    public IEnumerable<(string Ours, string[] Theirs)> Tensors(EncoderOptions options)
    {
        IEnumerable<ModuleNames> body = Body.Where(module => module.Ours != "types" || options.TypeRows > 0).Select(module => module with { Theirs = [.. module.Theirs.Select(name => Prefix + name)] });
        IEnumerable<ModuleNames> head = options.Head switch
        {
            EncoderHead.MaskedLanguage => MaskedLanguage.Where(module => module.Ours != Decoder || !options.TiedHead),
            EncoderHead.Classification => Classification,
            EncoderHead.TokenClassification => [TokenClassification],
            EncoderHead.QuestionAnswering => [QuestionAnswering],
            _ => [],
        };
        return body.Concat(head).SelectMany(module => module.Tensors(options.Layers));
    }

    /// <summary>Whether a tensor is one that no model takes.</summary>
    public bool IsLeftOut(string name) =>
        LeftOut.Any(start => name.StartsWith(start, StringComparison.Ordinal) || (name.StartsWith(Prefix, StringComparison.Ordinal) && name.AsSpan(Prefix.Length).StartsWith(start, StringComparison.Ordinal)));
}
