using System.CommandLine;
using Kansformers.Generation;

namespace Kansformers.Cli;

/// <summary>How beam search looks for a text, from the command line; what is not given is as the model's folder asks for, or else at its default.</summary>
internal sealed class BeamChoice
{
    private const string Folder = "what its folder asks for";
    private static readonly BeamOptions Defaults = new();
    private static readonly Dictionary<string, BeamStop> Stops = new() { ["estimated"] = BeamStop.Estimated, ["first"] = BeamStop.First, ["proven"] = BeamStop.Proven };

    private readonly Option<int?> _beams = new("--beams") { Description = $"of models that write a text anew: how many beginnings beam search keeps [default: {Folder}, else {Defaults.Beams}]" };
    private readonly Option<double?> _lengthPenalty = new("--length-penalty") { Description = $"of beam search: the power of the length that scores are divided by; above 0 in favour of long texts, below of short ones [default: {Folder}, else {Defaults.LengthPenalty}]" };
    private readonly Option<int?> _noRepeat = new("--no-repeat-ngram") { Description = $"of beam search: no N tokens in a row come twice; 0 to allow it [default: {Folder}, else {Defaults.NoRepeatNgram}]" };
    private readonly Option<int?> _minNewTokens = new("--min-new-tokens") { Description = $"of beam search: the fewest new tokens before a text may end [default: {Folder}, else {Defaults.MinNewTokens}]" };
    private readonly Option<string?> _stop = new("--early-stopping") { Description = $"of beam search: when the texts that have ended suffice: first (at once), estimated or proven (no better one can come) [default: {Folder}, else estimated]" };
    private readonly Option<int?> _forcedBegin = new("--forced-begin") { Description = $"of beam search: the id of the token that a text must begin with [default: {Folder}, else any]" };
    private readonly Option<int?> _forcedEnd = new("--forced-end") { Description = $"of beam search: the id of the token that must be the last of --max-new-tokens [default: {Folder}, else any]" };

    public BeamChoice() => _stop.AcceptOnlyFromAmong([.. Stops.Keys]);

    /// <summary>Every option.</summary>
    public Option[] All => [_beams, _lengthPenalty, _noRepeat, _minNewTokens, _stop, _forcedBegin, _forcedEnd];

    /// <summary>The options of a call, over those that the model's folder asks for.</summary>
    /// <exception cref="UsageException">They cannot be.</exception>
    public BeamOptions Of(ParseResult parsed, BeamOptions own, int? maxNewTokens)
    {
        BeamOptions options = own with
        {
            Beams = parsed.GetValue(_beams) ?? own.Beams,
            MaxNewTokens = maxNewTokens ?? own.MaxNewTokens,
            MinNewTokens = parsed.GetValue(_minNewTokens) ?? own.MinNewTokens,
            LengthPenalty = parsed.GetValue(_lengthPenalty) ?? own.LengthPenalty,
            NoRepeatNgram = parsed.GetValue(_noRepeat) ?? own.NoRepeatNgram,
            Stop = parsed.GetValue(_stop) is string stop ? Stops[stop] : own.Stop,
            ForcedBegin = parsed.GetValue(_forcedBegin) ?? own.ForcedBegin,
            ForcedEnd = parsed.GetValue(_forcedEnd) ?? own.ForcedEnd,
            Returned = 1,
        };
        try
        {
            options.Validate();
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }

        return options;
    }
}
