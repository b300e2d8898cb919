using System.Diagnostics;
using Kansformers.Training;

namespace Kansformers.Cli.Bench;

/// <summary>
/// Measures contestants in turns, a repetition each, so that whatever else the machine does meets all of them alike. All take part in every round, except
/// that one which is much slower than the others, and would leave them few rounds, takes part in <see cref="FewestRounds"/>, spread evenly.
/// </summary>
internal sealed class RoundRobin(double seconds, BenchDisplay display, CancellationToken cancellation)
{
    public const int FewestRounds = 3;
    private const int MostRounds = 2000;

    // So many rounds are enough to let a slow contestant take part in all of them.
    private const int Enough = 10;

    // How many times slower than all others a contestant must be to sit out most rounds.
    private const double MuchSlower = 2;

    // Long enough for the runtime to replace code that it compiled in haste.
    private const double WarmUpSeconds = 0.4;

    /// <summary>Runs all contestants.</summary>
    /// <param name="title">What is measured, for the display.</param>
    /// <param name="contestants">The contestants, of different names.</param>
    /// <returns>The timings by name.</returns>
    /// <exception cref="OperationCanceledException">The user wants it to end.</exception>
    public IReadOnlyDictionary<string, Timing> Measure(string title, IReadOnlyList<Contestant> contestants)
    {
        double[] expected = [.. contestants.Select(contestant => WarmUp(title, contestant, 1000 * seconds / contestants.Count))];
        int[] rounds = Plan(expected, 1000 * seconds);
        double total = rounds.Zip(expected, (count, lap) => count * lap).Sum(), done = 0;
        int most = rounds.Max();
        List<Lap>[] laps = [.. contestants.Select(_ => new List<Lap>())];
        for (long round = 0; round < most; round++)
        {
            for (int i = 0; i < contestants.Count; i++)
            {
                if ((round + 1) * rounds[i] / most == round * rounds[i] / most)
                    continue;
                cancellation.ThrowIfCancellationRequested();
                TimeSpan left = TimeSpan.FromMilliseconds(Math.Max(0, total - done));
                display.Show($"{title}: round {round + 1} of {most}, {contestants[i].Name}{TimeLeft.Words(left)}");
                laps[i].Add(contestants[i].Run());
                done += expected[i];
            }
        }

        return contestants.Zip(laps, (contestant, all) => (contestant.Name, Timing: new Timing(all))).ToDictionary(entry => entry.Name, entry => entry.Timing);
    }

    /// <summary>How often each contestant runs, given what a repetition of each takes and what there is, in milliseconds.</summary>
    internal static int[] Plan(IReadOnlyList<double> expected, double budget)
    {
        List<double> together = [.. expected.Order()];
        if (together.Count > 1 && budget / together.Sum() < Enough && together[^1] > MuchSlower * together[^2])
            together.RemoveAt(together.Count - 1);
        int rounds = (int)Math.Clamp(budget / Math.Max(together.Sum(), 1e-3), FewestRounds, MostRounds);
        return [.. expected.Select(lap => lap <= together[^1] ? rounds : FewestRounds)];
    }

    // The milliseconds of a repetition once it is warm.
    private double WarmUp(string title, Contestant contestant, double share)
    {
        double best = double.PositiveInfinity, longest = Math.Min(WarmUpSeconds * 1000, share / 5);
        int runs = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            cancellation.ThrowIfCancellationRequested();
            display.Show($"{title}: warming up, {contestant.Name}");
            best = Math.Min(best, contestant.Run().Total);
            runs++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < longest || (runs < 2 && best < share / 2));
        return best;
    }
}
