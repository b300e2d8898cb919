using System.CommandLine;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>What verbs that change a network have in common: the table that they look at, and where the changed network goes; what it was before is kept in the file.</summary>
internal sealed class KanChange
{
    public readonly NetworkChoice Model;

    private readonly Option<string?> _data = new("--data") { Description = "the table to look at [default: the one that the network was fitted to]" };
    private readonly Option<string?> _out = new("--out") { Description = "the changed network's file [default: the file itself, which keeps what it was: kan undo]" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "let --out replace a file" };

    public KanChange(string? description = null) => Model = new NetworkChoice(description);

    public void AddTo(Command command)
    {
        Model.AddTo(command);
        command.Add(_data);
        command.Add(_out);
        command.Add(_overwrite);
        OptionRules.NotEmpty(_data, _out);
    }

    /// <summary>Whether a run is named, and then where the changed run goes; options that runs have no use for are refused.</summary>
    public bool IsRun(ParseResult parsed, out string? to, params IEnumerable<Option> unused)
    {
        to = parsed.GetValue(_out);
        bool isRun = Model.IsRun(parsed);
        if (isRun)
            OptionRules.RequireUnused(parsed, "a run", [_data, _overwrite, .. unused]);
        return isRun;
    }

    public TableSamples Samples(ParseResult parsed, KanNetwork network)
    {
        TableSamples samples = NetworkData.Of(network, parsed.GetValue(_data));
        foreach (string note in samples.Notes)
            LiveLine.Say(note);
        return samples;
    }

    public string Out(ParseResult parsed) =>
        parsed.GetValue(_out) is string path ? NetworkFile.Checked(path, parsed.GetValue(_overwrite)) : Path.GetFullPath(parsed.GetValue(Model.Path)!);

    /// <summary>Saves a changed network and says what the change did to the held-out rows.</summary>
    public void End(ParseResult parsed, KanNetwork before, KanNetwork after, TableSamples samples)
    {
        string path = Out(parsed);
        after.Save(path);
        NetworkError was = NetworkError.Of(before, samples.Judged.Inputs, samples.Judged.Targets), now = NetworkError.Of(after, samples.Judged.Inputs, samples.Judged.Targets);
        string rows = samples.Data.HeldOutInputs is null ? "all rows" : "held out";
        if (parsed.GetValue(Model.Json))
        {
            JsonOutput.Print(new { Model = path, Before = before.ToString(), After = after.ToString(), Rows = samples.Judged.Inputs.Rows, HeldOut = samples.Data.HeldOutInputs is not null, ErrorBefore = was, ErrorAfter = now });
            return;
        }

        Console.WriteLine($"before      {before}; {rows}: {was}");
        Console.WriteLine($"after       {after}; {rows}: {now}");
        Console.WriteLine($"model       {path}");
    }
}
