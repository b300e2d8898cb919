using System.CommandLine;
using System.Globalization;
using Kansformers.Training;
using static Kansformers.Cli.OptionRules;

namespace Kansformers.Cli.Compare;

/// <summary>What models that are trained side by side share: text, sizes and training, by the options of <c>train</c>.</summary>
/// <param name="train">These options.</param>
/// <param name="offered">Those of them that a user may give.</param>
internal sealed class SharedRun(TrainOptions train, IReadOnlyList<Option> offered)
{
    // How many validations a curve has unless it is said.
    private const long CurvePoints = 8;

    /// <summary>The options that are given.</summary>
    public IEnumerable<Option> Given(ParseResult parsed) => offered.Where(option => IsGiven(parsed, option));

    /// <summary>What they share, where words say which models there are: eight validations, unless it is said.</summary>
    /// <param name="parsed">The call.</param>
    /// <param name="windows">The windows of held-out text that each validation reads, unless it is said; 0 for all of it.</param>
    public RunConfig Read(ParseResult parsed, int windows) => Read(parsed, (int?)windows);

    /// <summary>What is given of the text's options, over what a file says; another text brings no part of the file's validation text.</summary>
    public DataConfig Over(ParseResult parsed, DataConfig file)
    {
        if (!Given(parsed).Any(train.OfText.Contains))
            return file;
        DataConfig given = Read(parsed, windows: null).Data;
        bool isOther = IsGiven(parsed, train.Data);
        return given with
        {
            Data = isOther ? given.Data : file.Data,
            Tokenizer = IsGiven(parsed, train.Tokenizer) ? given.Tokenizer : file.Tokenizer,
            ValidationFraction = IsGiven(parsed, train.ValidationFraction) ? given.ValidationFraction : file.ValidationFraction,
            ValidationData = IsGiven(parsed, train.ValidationData) || isOther ? given.ValidationData : file.ValidationData,
            TextField = IsGiven(parsed, train.Corpus.TextField) || isOther ? given.TextField : file.TextField,
            Deduplicate = IsGiven(parsed, train.Corpus.Deduplicate) || isOther ? given.Deduplicate : file.Deduplicate,
            TokenFormat = IsGiven(parsed, train.Corpus.TokenFormat) || isOther ? given.TokenFormat : file.TokenFormat,
            SpecialTokens = IsGiven(parsed, train.SpecialTokens) ? given.SpecialTokens : file.SpecialTokens,
            UnknownCharacters = IsGiven(parsed, train.UnknownCharacters) ? given.UnknownCharacters : file.UnknownCharacters,
        };
    }

    // By a call of train, which knows the defaults and what goes together; without windows, the text alone.
    private RunConfig Read(ParseResult parsed, int? windows)
    {
        bool isWhole = windows is not null;
        TrainOptions options = new();
        Command command = new("train");
        options.AddTo(command);
        List<string> call = ["train"];
        foreach (Option option in Given(parsed).Where(option => isWhole || train.OfText.Contains(option)))
        {
            string[] values = [.. parsed.GetResult(option)!.Tokens.Select(token => token.Value)];
            call.AddRange(values.Length == 0 ? [option.Name] : values.Select(value => $"{option.Name}={value}"));
        }

        if (isWhole && !IsGiven(parsed, train.EvalWindows))
            call.Add($"{train.EvalWindows.Name}={windows}");
        if (isWhole && !IsGiven(parsed, train.EvalInterval))
            call.Add(string.Create(CultureInfo.InvariantCulture, $"{train.EvalInterval.Name}={Math.Max(1, (MaxIters(parsed) ?? train.Recipe.Read(parsed).Size.Steps) / CurvePoints)}"));
        return options.Read(CommandLineApp.Parse(new RootCommand { command }, [.. call]));
    }

    private long? MaxIters(ParseResult parsed) => offered.Contains(train.MaxIters) ? parsed.GetValue(train.MaxIters) : null;
}
