using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using Kansformers.Cli;

namespace Kansformers.Tests.Cli;

/// <summary>Messages of the library name its options; the tool, where it prints them, its flags.</summary>
public partial class LibraryWordsTests
{
    private static readonly string[] Flags = [.. AllFlags(CommandLineApp.CreateRoot()).Distinct()];

    public static TheoryData<string> Files()
    {
        string root = Path.Combine(SharedFolder.RepositoryRoot ?? throw new InvalidOperationException("the tests run outside a checkout"), "src", "Kansformers");
        return [.. Directory.EnumerateDirectories(root).Where(room => Path.GetFileName(room) is not ("bin" or "obj")).Select(room => Path.GetFileName(room))];
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_library_names_no_flag_of_the_tool(string room)
    {
        // What is given as a whole command line is for users of the tool: a run's README says how to go on with it.
        string[] named = [.. Code(room).Where(line => !line.Contains("$\"kansformers ", StringComparison.Ordinal) && Flags.Any(flag => Regex.IsMatch(line, $@"(?<![\w-]){flag}\b")))];
        Assert.True(named.Length == 0, $"these lines name flags of the tool; name the library's option, and its flag in LibraryWords:\n{string.Join('\n', named)}");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_tool_knows_the_flag_of_every_option_that_a_message_names(string room)
    {
        foreach (string line in Code(room))
        {
            foreach (Match text in Texts().Matches(Holes().Replace(line, "")))
                Assert.False(Named().IsMatch(LibraryWords.ToFlags(text.Value)), $"LibraryWords does not know the option in {line.Trim()}");
        }
    }

    [Fact]
    public void What_is_translated_is_there_on_both_sides()
    {
        Type[] types = typeof(KansformersException).Assembly.GetExportedTypes();
        Assert.All(LibraryWords.Options, entry =>
        {
            string[] parts = entry.Key.Split('.');
            Assert.NotNull(types.Single(type => type.Name == parts[0]).GetProperty(parts[1]));
            Assert.Contains(entry.Value, Flags);
        });
        Assert.All(LibraryWords.Phrases, phrase =>
        {
            Match member = Regex.Match(phrase.Library, @"([A-Z]\w+)\.([A-Z]\w+)");
            Assert.NotEmpty(types.Single(type => type.Name == member.Groups[1].Value).GetMember(member.Groups[2].Value, BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance));
            Assert.All(Regex.Matches(phrase.Tool, "--[a-z-]+"), flag => Assert.Contains(flag.Value, Flags));
        });
    }

    [Theory]
    [InlineData("lower TrainingOptions.LearningRate, lengthen TrainingOptions.Warmup or set TrainingOptions.GradClip", "lower --learning-rate, lengthen --warmup or set --grad-clip")]
    [InlineData("'a.bin' tells its activation; leave out ModelHints.Gelu", "'a.bin' tells its activation; leave out --gelu")]
    [InlineData("ModelHints.Gelu = Exact overrides", "--gelu exact overrides")]
    [InlineData("say CorpusOptions.TokenFormat = UInt16 if it is that", "say --token-format uint16 if it is that")]
    [InlineData("lower ModelOptions.Width or ModelOptions.Layers.", "lower --embd or --layers.")]
    [InlineData("bring GridOptions.GridLow and GridHigh and KanOptions.BaseActivation nearer", "bring --grid-range and --base-activation nearer")]
    [InlineData("start a new run (RunConfig.InitialWeights begins from this one's weights)", "start a new run (train --model begins from this one's weights)")]
    [InlineData("go on with TrainingRun.Resume", "go on with --resume")]
    [InlineData("go on with it by TrainingRun.Resume(runs/a-1)", "go on with it by --resume runs/a-1")]
    [InlineData("go on with it by TrainingRun.Resume('my (old) run')", "go on with it by --resume 'my (old) run'")]
    [InlineData(@"go on by TrainingRun.Resume('it'\''s, one', maxIters: 30)", @"go on by --resume: train --resume 'it'\''s, one' --max-iters 30")]
    [InlineData("give the new number to TrainingRun.Resume(a, maxIters: 30)", "give the new number to --resume: train --resume a --max-iters 30")]
    [InlineData("another number is given to TrainingRun.Resume(maxIters))", "another number is given to --resume, by --max-iters)")]
    [InlineData("needs Apple silicon; use Devices.Find(\"cpu\")", "needs Apple silicon; use --device cpu")]
    [InlineData("nothing here is Environment.NewLine or a file Some.Thing = 3", "nothing here is Environment.NewLine or a file Some.Thing = 3")]
    [InlineData("give --heads", "give --heads")]
    [InlineData("", "")]
    public void Options_become_flags(string message, string shown) => Assert.Equal(shown, LibraryWords.ToFlags(message));

    private static IEnumerable<string> Code(string room) =>
        Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot!, "src", "Kansformers", room), "*.cs", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal));

    private static IEnumerable<string> AllFlags(Command command) =>
        command.Options.Select(option => option.Name).Concat(command.Subcommands.SelectMany(AllFlags)).Where(name => name.StartsWith("--", StringComparison.Ordinal));

    [GeneratedRegex(@"\{[^{}""]*\}")]
    private static partial Regex Holes();

    [GeneratedRegex(@"""(?:[^""\\]|\\.)*""")]
    private static partial Regex Texts();

    [GeneratedRegex(@"\b[A-Z]\w*(?:Options|Hints|Config)\.[A-Z]\w+")]
    private static partial Regex Named();
}
