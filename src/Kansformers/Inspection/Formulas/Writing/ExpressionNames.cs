using System.Collections.Frozen;

namespace Kansformers.Inspection;

/// <summary>Names of variables in text and in programs, whatever a table's columns are called.</summary>
internal static class ExpressionNames
{
    private static readonly FrozenSet<string> TextWords = FrozenSet.ToFrozenSet(["pi", "nan", "inf", "sqrt", "ln", .. ScalarFunction.All.Select(function => function.Name)]);

    private static readonly FrozenSet<string> CSharpWords = FrozenSet.ToFrozenSet(
        ("Math abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit extern false finally fixed " +
        "float for foreach goto if implicit in int interface internal is lock long namespace new null object operator out override params private protected public readonly ref return " +
        "sbyte sealed short sizeof stackalloc static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using virtual void volatile while").Split(' '));

    private static readonly FrozenSet<string> PythonWords = FrozenSet.ToFrozenSet(
        ("math abs v False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise " +
        "return try while with yield").Split(' '));

    /// <summary>Whether text holds a name as it is: a letter or _, then letters, digits and _, and no word of its own.</summary>
    public static bool IsPlain(string name) => name.Length > 0 && IsStart(name[0]) && name.All(IsPart) && !TextWords.Contains(name);

    public static bool IsStart(char character) => char.IsLetter(character) || character == '_';

    public static bool IsPart(char character) => char.IsLetterOrDigit(character) || character == '_';

    /// <summary>A name for each variable that C# takes, no two the same.</summary>
    public static IReadOnlyDictionary<string, string> ForCSharp(IEnumerable<string> variables) => ForProgram(variables, CSharpWords);

    /// <summary>A name for each variable that Python takes, no two the same.</summary>
    public static IReadOnlyDictionary<string, string> ForPython(IEnumerable<string> variables) => ForProgram(variables, PythonWords);

    /// <summary>A name of ASCII letters, digits and _ alone, which does not begin with a digit.</summary>
    public static string Identifier(string name)
    {
        string word = string.Concat(name.Select(character => char.IsAsciiLetterOrDigit(character) || character == '_' ? character : '_'));
        return word.Length == 0 || char.IsAsciiDigit(word[0]) ? "_" + word : word;
    }

    private static Dictionary<string, string> ForProgram(IEnumerable<string> variables, FrozenSet<string> words)
    {
        string[] all = [.. variables.Distinct()];
        Dictionary<string, string> names = [];
        HashSet<string> taken = [.. words];
        // Names that stay come first, so that no other takes theirs.
        foreach (string variable in all.OrderBy(variable => Identifier(variable) != variable))
        {
            string word = Identifier(variable), name = word;
            for (int number = 2; !taken.Add(name); number++)
                name = $"{word}_{number}";
            names[variable] = name;
        }

        return names;
    }
}
