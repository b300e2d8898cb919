using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>
/// Turns the identifiers of XML documentation (<c>M:System.String.Split(System.Char)</c>; ECMA-334, annex D) into names that a
/// person would write: <c>String.Split</c>.
/// </summary>
internal sealed partial class ApiNames
{
    private readonly HashSet<string> _types = new(StringComparer.Ordinal);

    /// <summary>Learns a type, so that types nested in it and its members are named after it.</summary>
    public void Add(string id)
    {
        if (id.StartsWith("T:", StringComparison.Ordinal))
            _types.Add(id[2..]);
    }

    /// <summary>The full name of the type and the short name of the type or member; null for those that nobody writes.</summary>
    public (string Type, string Display)? Describe(string id)
    {
        if (id.Length < 3 || id[1] != ':')
            return null;
        string path = WithoutParameters(id[2..]);
        if (id[0] == 'T')
            return (path, TypeName(path));
        int dot = path.LastIndexOf('.');
        if (dot < 0)
            return null;
        string type = path[..dot], member = path[(dot + 1)..];
        string shortType = TypeName(type);
        if (member == "#ctor")
            return (type, $"{shortType} constructor");
        // Explicit implementations, static constructors and private fields, which cannot be used by name.
        if (member.Contains('#', StringComparison.Ordinal) || member.StartsWith('_'))
            return null;
        if (member.StartsWith("op_", StringComparison.Ordinal))
            return (type, $"{shortType} {OperatorName(member)} operator");
        return (type, $"{shortType}.{WithoutArity(member)}");
    }

    /// <summary>The short form of any identifier: the type's name, or <c>Type.Member</c>.</summary>
    public static string Short(string id)
    {
        string path = WithoutParameters(id.Length > 2 && id[1] == ':' ? id[2..] : id);
        if (id.StartsWith("N:", StringComparison.Ordinal))
            return path;
        path = path.Replace(".#ctor", " constructor", StringComparison.Ordinal).Replace('#', '.');
        string[] parts = [.. path.Split('.').Select(WithoutArity)];
        bool member = id.Length > 1 && id[1] == ':' && id[0] is 'M' or 'P' or 'F' or 'E' or 'O';
        bool constructor = path.EndsWith(" constructor", StringComparison.Ordinal);
        return member && !constructor && parts.Length > 1 ? $"{parts[^2]}.{parts[^1]}" : parts[^1];
    }

    /// <summary>Without namespaces, but with the types that it is nested in: <c>Environment.SpecialFolder</c>.</summary>
    private string TypeName(string path)
    {
        string name = "";
        while (true)
        {
            int dot = path.LastIndexOf('.');
            name = WithoutArity(path[(dot + 1)..]) + (name.Length == 0 ? "" : "." + name);
            if (dot < 0 || !_types.Contains(path[..dot]))
                return name;
            path = path[..dot];
        }
    }

    private static string OperatorName(string member) => CapitalBoundary().Replace(member["op_".Length..], " ").ToLowerInvariant();

    private static string WithoutParameters(string path)
    {
        int end = path.AsSpan().IndexOfAny('(', '~');
        path = end < 0 ? path : path[..end];
        int angle = path.IndexOf('{', StringComparison.Ordinal);
        return angle < 0 ? path : Braces().Replace(path, "");
    }

    private static string WithoutArity(string name)
    {
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        if (tick < 0)
            return name;
        int end = tick;
        while (end < name.Length && (name[end] == '`' || char.IsAsciiDigit(name[end])))
            end++;
        return name[..tick] + name[end..];
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex CapitalBoundary();

    [GeneratedRegex(@"\{.*\}")]
    private static partial Regex Braces();
}
