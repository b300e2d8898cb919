namespace Kansformers.Cli;

/// <summary>Values as they stand in printed lines.</summary>
internal static class PrintedValues
{
    /// <summary>A text as one column of a line whose columns stand between tabs.</summary>
    public static string Column(string text) => text.ReplaceLineEndings(" ").Replace('\t', ' ');

    /// <summary>A share with its standard error; NaN for none.</summary>
    public static string Share(double value, double standardError) =>
        FormattableString.Invariant($"{value:0.0000}") + (double.IsNaN(standardError) ? "" : FormattableString.Invariant($" (standard error {standardError:0.0000})"));
}
