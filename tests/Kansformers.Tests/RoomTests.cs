using System.Text.RegularExpressions;

namespace Kansformers.Tests;

/// <summary>A room of the library uses only the rooms that docs/architecture.md allows it.</summary>
public partial class RoomTests
{
    private static readonly string Root = SharedFolder.RepositoryRoot ?? throw new InvalidOperationException("the tests run outside a checkout");

    private static readonly string Library = Path.Combine(Root, "src", "Kansformers");

    public static TheoryData<string> Rooms() => [.. Directory.GetDirectories(Library).Select(folder => Path.GetFileName(folder)!).Where(name => name is not ("bin" or "obj")).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_uses_what_the_plan_allows(string room)
    {
        Dictionary<string, string[]> plan = Plan();
        Assert.True(plan.TryGetValue(room, out string[]? allowed), $"docs/architecture.md knows no room {room}");
        string[] used =
        [
            .. Files(room).SelectMany(file => Usings().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).Distinct().Where(name => name != room).Order(StringComparer.Ordinal),
        ];
        Assert.True(used.All(allowed!.Contains), $"{room} uses {string.Join(", ", used.Except(allowed!))}");
        Assert.Equal(allowed!.Order(StringComparer.Ordinal), used);
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_is_one_namespace(string room) =>
        Assert.All(Files(room), file => Assert.Equal($"Kansformers.{room}", Namespaces().Match(File.ReadAllText(file)).Groups[1].Value));

    [Fact]
    public void Rooms_do_not_use_each_other_in_a_circle()
    {
        Dictionary<string, string[]> plan = Plan();
        Assert.All(plan.Keys, room => Assert.DoesNotContain(room, Below(room, [])));

        HashSet<string> Below(string room, HashSet<string> seen)
        {
            foreach (string next in plan[room].Where(seen.Add))
                Below(next, seen);
            return seen;
        }
    }

    private static Dictionary<string, string[]> Plan() => File.ReadLines(Path.Combine(Root, "docs", "architecture.md"))
        .SkipWhile(line => !line.StartsWith("| room |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[1], cells => cells[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Files(string room) => Directory.EnumerateFiles(Path.Combine(Library, room), "*.cs", SearchOption.AllDirectories);

    [GeneratedRegex(@"^using Kansformers\.([A-Za-z]+);", RegexOptions.Multiline)]
    private static partial Regex Usings();

    [GeneratedRegex(@"^namespace ([A-Za-z.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespaces();
}
