using System.Globalization;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>An edge as a person names it: <c>layer,input,output</c>.</summary>
internal sealed record NetworkEdgePlace(int Layer, int Input, int Output)
{
    public override string ToString() => FormattableString.Invariant($"{Layer},{Input},{Output}");

    /// <summary>Reads <c>0,1,0=x^2</c>.</summary>
    public static (NetworkEdgePlace Place, EdgeFunction Function) Parse(string text)
    {
        string[] sides = text.Split('=', 2, StringSplitOptions.TrimEntries);
        int[] numbers = [.. sides[0].Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        if (sides.Length != 2 || numbers.Length != 3 || numbers.Contains(-1))
            throw new UsageException($"--set '{text}' must be layer,input,output=function, as in 0,1,0=x^2");
        try
        {
            return (new NetworkEdgePlace(numbers[0], numbers[1], numbers[2]), EdgeFunction.Of(sides[1]));
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    /// <exception cref="UsageException">The network has no such edge.</exception>
    public void Require(KanNetwork network)
    {
        if (!NetworkEdge.All(network).Any(edge => (edge.At, edge.Input, edge.Output) == (Layer, Input, Output)))
            throw new UsageException($"the network has no edge {this}; it has {string.Join(" ", NetworkEdge.All(network).Take(30).Select(edge => edge.Place))}");
    }
}
