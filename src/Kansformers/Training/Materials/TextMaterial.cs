using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>A text as tokens.</summary>
/// <param name="corpus">The text; it is disposed with this.</param>
internal sealed class TextMaterial(TokenizedCorpus corpus) : TrainingMaterial
{
    public TokenizedCorpus Corpus => corpus;

    public override string Name => corpus.Name;

    public override string Description => corpus.Description;

    public override string Amount => $"{HumanText.Count(corpus.Train.Count)} tokens to train on, {HumanText.Count(corpus.Validation.Count)} held out";

    public override CorpusCounts Counts => corpus.Counts;

    public override Tokenizer Tokenizer => corpus.Tokenizer;

    public override IReadOnlyList<string> Notes => corpus.Notes;

    public override LostText Lost => corpus.Lost;

    public override LostText ValidationLost => corpus.ValidationLost;

    public override string? ValidationDescription => corpus.ValidationDescription;

    internal override string Source => corpus.Source;

    internal override string? ValidationSource => corpus.ValidationSource;

    internal override string Fingerprint => corpus.Fingerprint;

    internal override TrainingData Data => new(corpus.Train, corpus.Validation) { Tokenizer = corpus.Tokenizer };

    internal override void Require(RunConfig config)
    {
        TrainingText.RequireTokens(corpus, config.Data.UnknownCharacters);
        TrainingText.RequireBlock(corpus, config.Model.BlockSize);
    }

    public override void Dispose() => corpus.Dispose();
}
