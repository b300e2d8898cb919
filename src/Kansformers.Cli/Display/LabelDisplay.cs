namespace Kansformers.Cli;

/// <summary>Shows how many texts are labelled, on standard error.</summary>
internal static class LabelDisplay
{
    /// <summary>What to tell how many windows are done, of however many; the caller clears it.</summary>
    public static Action<int> OfWindows()
    {
        LineRate rate = new();
        return done => rate.Show(() => $"{done} windows");
    }

    /// <summary>What to tell how many are done.</summary>
    /// <param name="texts">How many there are.</param>
    public static Action<int> Of(int texts)
    {
        LineRate rate = new();
        return done =>
        {
            if (done >= texts)
                LiveLine.Clear();
            else
                rate.Show(() => $"{done} of {texts} texts");
        };
    }
}
