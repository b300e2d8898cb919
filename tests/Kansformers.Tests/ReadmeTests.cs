using System.CommandLine;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Kansformers.Cli;

namespace Kansformers.Tests;

/// <summary>The front page, and every page in <c>docs</c>, says what is so: commands parse, links lead somewhere, code compiles.</summary>
public partial class ReadmeTests
{
    private static string Root => SharedFolder.RepositoryRoot ?? "";

    public static TheoryData<string> Pages
    {
        get
        {
            string docs = Path.Combine(Root, "docs");
            IEnumerable<string> more = Directory.Exists(docs) ? Directory.EnumerateFiles(docs, "*.md", SearchOption.AllDirectories) : [];
            IEnumerable<string> pages = more.Append(Path.Combine(Root, "README.md")).Append(Path.Combine(Root, "CHANGELOG.md")).Append(Path.Combine(Root, "CONTRIBUTING.md"));
            return [.. pages.Where(File.Exists).Select(page => Path.GetRelativePath(Root, page).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_command_line_parses(string page)
    {
        Markdown markdown = Open(page);

        // In prose a command may hold placeholders, in capitals; only whole ones are checked.
        IEnumerable<string> inProse = markdown.Spans.Where(span => StartsCommand().IsMatch(span) && !Placeholder().IsMatch(span));
        string[] wrong = [.. markdown.Commands.Concat(inProse).Select(Problem).OfType<string>()];
        Assert.True(wrong.Length == 0, $"{page}:\n{string.Join('\n', wrong)}");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_option_that_is_named_exists(string page)
    {
        HashSet<string> known = [.. AllOptions(), "--project", "--filter", "--job", "--version", "--help"];
        string[] unknown = [.. Open(page).Spans.SelectMany(span => OptionName().Matches(span)).Select(match => match.Value).Distinct().Where(name => !known.Contains(name))];
        Assert.True(unknown.Length == 0, $"{page} names {string.Join(", ", unknown)}, which no command has");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_into_the_repository_leads_somewhere(string page)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Root, page))!;
        string[] dead = [.. Open(page).Links.Where(link => !Path.Exists(Path.Combine(folder, link)))];
        Assert.True(dead.Length == 0, $"{page} links to {string.Join(", ", dead)}, which is not there");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_piece_of_csharp_is_part_of_an_example(string page)
    {
        string[] examples = [.. Directory.EnumerateFiles(Path.Combine(Root, "examples"), "*.cs").Select(path => Normal(File.ReadLines(path)))];
        string[] strange = [.. Open(page).Blocks.Where(block => block.Language is "csharp" or "cs" or "c#")
            .Where(block => !examples.Any(example => example.Contains(Normal(block.Lines), StringComparison.Ordinal))).Select(block => string.Join('\n', block.Lines))];
        Assert.True(strange.Length == 0, $"{page} holds C# that is not in examples/, so nothing compiles it:\n{string.Join("\n\n", strange)}");
    }

    [Fact]
    public void The_front_page_begins_with_the_two_commands_and_shows_one_whole_program()
    {
        Markdown page = Open("README.md");
        Assert.Equal(
            [["dotnet", "run", "-c", "Release", "--project", "src/Kansformers.Cli", "--", "train"], ["dotnet", "test", "-c", "Release"]],
            page.Blocks[0].Lines.Select(Markdown.Words));
        string program = Normal(Assert.Single(page.Blocks, block => block.Language == "csharp").Lines);
        Assert.Contains(program, Directory.EnumerateFiles(Path.Combine(Root, "examples"), "*.cs").Select(path => Normal(File.ReadLines(path))));
    }

    [Fact]
    public void The_front_page_leads_to_every_other_page()
    {
        string[] linked = [.. Open("README.md").Links];
        string[] missing = [.. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}").Where(page => !linked.Contains(page))];
        Assert.True(missing.Length == 0, $"README.md has no link to {string.Join(", ", missing)}");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_package_has_the_version_that_is_built_with(string page)
    {
        Dictionary<string, string> versions = XDocument.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);
        versions["Kansformers"] = versions["Kansformers.Cli"] = XDocument.Load(Path.Combine(Root, "Directory.Build.props")).Descendants("Version").Single().Value;
        string[] wrong = [.. Open(page).Blocks.SelectMany(block => PackageReference().Matches(string.Join('\n', block.Lines)))
            .Where(match => versions.GetValueOrDefault(match.Groups[1].Value) != match.Groups[2].Value).Select(match => match.Value)];
        Assert.True(wrong.Length == 0, $"{page} names packages with other versions than the build's: {string.Join(", ", wrong)}");
    }

    [Theory]
    [InlineData("kansformers train --data a.txt  # comment", null)]
    [InlineData("dotnet run -c Release --project src/Kansformers.Cli -- sample runs/a --prompt \"Once upon\"", null)]
    [InlineData("kansformers train --no-such-option 3", "--no-such-option")]
    [InlineData("kansformers train --max-iters many", "many")]
    [InlineData("dotnet run --project src/NoSuch -- train", "src/NoSuch")]
    [InlineData("dotnet run examples/no_such.cs", "examples/no_such.cs")]
    [InlineData("ls -l", null)]
    public void A_wrong_command_line_is_found(string command, string? problem)
    {
        Assert.SkipWhen(Root.Length == 0, "needs the repository around the test program");
        if (problem is null)
            Assert.Null(Problem(command));
        else
            Assert.Contains(problem, Problem(command), StringComparison.Ordinal);
    }

    private static Markdown Open(string page) => Markdown.Read(Path.Combine(Root, page));

    // Why a command line does not work, or null. Commands that are not this repository's are not looked at.
    private static string? Problem(string command)
    {
        string[] words = Markdown.Words(command);
        if (words is ["kansformers", .. string[] own])
            return ParseProblem(command, own);
        if (words is not ["dotnet", "run", .. string[] rest])
            return null;
        int separator = Array.IndexOf(rest, "--");
        string[] before = separator < 0 ? rest : rest[..separator], after = separator < 0 ? [] : rest[(separator + 1)..];
        int project = Array.IndexOf(before, "--project");
        string? target = project >= 0 ? before.ElementAtOrDefault(project + 1) : before.FirstOrDefault(word => word.EndsWith(".cs", StringComparison.Ordinal));
        if (target is null || !Path.Exists(Path.Combine(Root, target)))
            return $"{command}: there is no '{target}'";
        return target.TrimEnd('/').EndsWith("Kansformers.Cli", StringComparison.Ordinal) ? ParseProblem(command, after) : null;
    }

    private static string? ParseProblem(string command, string[] args) =>
        CommandLineApp.CreateRoot().Parse(args).Errors is [var error, ..] ? $"{command}: {error.Message}" : null;

    private static IEnumerable<string> AllOptions() =>
        CommandLineApp.CreateRoot() is { } root ? Commands(root).SelectMany(command => command.Options).Select(option => option.Name) : [];

    private static IEnumerable<Command> Commands(Command command) => command.Subcommands.SelectMany(Commands).Prepend(command);

    private static string Normal(IEnumerable<string> lines) => "\n" + string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0)) + "\n";

    [GeneratedRegex("^(kansformers|dotnet run) ")]
    private static partial Regex StartsCommand();

    [GeneratedRegex(@"\b[A-Z]{3,}\b|\.\.\.")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z0-9-]*")]
    private static partial Regex OptionName();

    [GeneratedRegex("""<PackageReference Include="([^"]+)" Version="([^"]+)" """)]
    private static partial Regex PackageReference();
}
