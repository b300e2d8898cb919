#:property InvariantGlobalization=false
#:property PublishAot=false
#:property TreatWarningsAsErrors=false
// Writes src/Kansformers/Text/Unicode/unicode.txt: what normalization and lower-casing need, taken from the ICU of this machine.
//   dotnet run tools/unicode-tables.cs > src/Kansformers/Text/Unicode/unicode.txt
// A line "C XXXX Y.. Y.." gives the full canonical decomposition of a character to which it composes again, "D" one that it does not compose to;
// "K" the full compatibility decomposition where that is another; "N XXXX-XXXX rank" the order of combining marks; "L XXXX YYYY" the lower case.
using System.Globalization;
using System.Text;

if ("\u00E9".Normalize(NormalizationForm.FormD).Length != 2)
    throw new InvalidOperationException("this program needs ICU");
string Hex(string text) => string.Join(' ', text.EnumerateRunes().Select(rune => rune.Value.ToString("X4", CultureInfo.InvariantCulture)));
IEnumerable<Rune> all = Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(value => new Rune(value))
    .Where(rune => rune.Value is < 0xAC00 or > 0xD7A3 && (rune.Value & 0xFFFE) != 0xFFFE && rune.Value is < 0xFDD0 or > 0xFDEF && Rune.GetUnicodeCategory(rune) != UnicodeCategory.OtherNotAssigned);
List<Rune> assigned = [.. all];
foreach (Rune rune in assigned)
{
    string text = rune.ToString(), canonical = text.Normalize(NormalizationForm.FormD), compatible = text.Normalize(NormalizationForm.FormKD);
    if (canonical != text)
        Console.WriteLine($"{(canonical.Normalize(NormalizationForm.FormC) == text ? 'C' : 'D')} {Hex(text)} {Hex(canonical)}");
    if (compatible != canonical)
        Console.WriteLine($"K {Hex(text)} {Hex(compatible)}");
}

// Two marks change places exactly when the second has the lower class, so their order shows by trying.
bool Swaps(Rune first, Rune second) => $"x{first}{second}".Normalize(NormalizationForm.FormD) == $"x{second}{first}" && first != second;
Rune low = new(0x0334), high = new(0x0345);
List<Rune> marks = [.. assigned.Where(rune => rune.ToString().Normalize(NormalizationForm.FormD) == rune.ToString() && (rune == low || rune == high || Swaps(rune, low) || Swaps(high, rune)))];
List<List<Rune>> classes = [];
foreach (Rune mark in marks)
{
    int at = classes.FindIndex(group => !Swaps(mark, group[0]));
    if (at < 0)
        classes.Add([mark]);
    else if (Swaps(classes[at][0], mark))
        classes.Insert(at, [mark]);
    else
        classes[at].Add(mark);
}

Dictionary<int, int> ranks = classes.SelectMany((group, rank) => group.Select(mark => (mark.Value, rank + 1))).ToDictionary(pair => pair.Value, pair => pair.Item2);
foreach (int start in ranks.Keys.Order().Where(value => ranks.GetValueOrDefault(value - 1) != ranks[value]))
{
    int end = start;
    while (ranks.GetValueOrDefault(end + 1) == ranks[start])
        end++;
    Console.WriteLine($"N {start:X4}-{end:X4} {ranks[start]}");
}

foreach (Rune rune in assigned)
{
    if (Rune.ToLowerInvariant(rune) is Rune lower && lower != rune)
        Console.WriteLine($"L {Hex(rune.ToString())} {Hex(lower.ToString())}");
}
