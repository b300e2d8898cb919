using System.CommandLine;

namespace Kansformers.Cli.Scale;

/// <summary><c>scale</c>: how losses fall with size, tokens and operations.</summary>
internal static class ScaleCommand
{
    public static Command Create() => new("scale", "Fit scaling laws to runs.")
    {
        FitCommand.Create(),
    };
}
