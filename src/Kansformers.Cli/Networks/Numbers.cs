using System.Globalization;

namespace Kansformers.Cli.Networks;

/// <summary>Numbers as they stand in tables and lines.</summary>
internal static class Numbers
{
    /// <summary>Four digits that count; a hyphen for none.</summary>
    public static string Short(double? value) => value is double number && double.IsFinite(number) ? number.ToString("G4", CultureInfo.InvariantCulture) : "-";
}
