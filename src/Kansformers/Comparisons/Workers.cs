using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Kansformers.Comparisons;

/// <summary>Who does the work of a comparison: this process, or a program that is started for each piece of it, so that a crash takes no other with it.</summary>
/// <param name="program">Makes ready to start the program that calls <see cref="ComparisonWorker.Do"/> with these arguments; null for this process.</param>
internal sealed class Workers(Func<IReadOnlyList<string>, ProcessStartInfo>? program)
{
    /// <summary>Whether each piece of work has a process of its own.</summary>
    public bool HaveProcesses => program is not null;

    /// <summary>Does a piece of work.</summary>
    /// <param name="arguments">What <see cref="ComparisonWorker.Do"/> takes.</param>
    /// <param name="threads">The processor threads, where it is another process.</param>
    /// <param name="read">Is told each line of its output.</param>
    /// <param name="cancellation">Ends it in order.</param>
    /// <returns>Whether it is done; false when it was interrupted.</returns>
    /// <exception cref="KansformersException">It failed.</exception>
    public bool Do(IReadOnlyList<string> arguments, int threads, Action<string> read, CancellationToken cancellation)
    {
        if (program is null)
        {
            using Lines lines = new(read);
            return ComparisonWorker.Do(arguments, lines, cancellation);
        }

        ProcessStartInfo start = program(arguments);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["OMP_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        using Process process = Start(start);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);

        // The end of its standard input asks it to stop; that also reaches it when this process is killed.
        using CancellationTokenRegistration stop = cancellation.Register(process.StandardInput.Close);
        while (process.StandardOutput.ReadLine() is string line)
            read(line);
        process.WaitForExit();
        if (process.ExitCode == 0)
            return true;
        if (cancellation.IsCancellationRequested)
            return false;
        string[] told = error.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        const string mark = "error: ";
        throw new KansformersException(told is [.., string last] && last.StartsWith(mark, StringComparison.Ordinal) ? last[mark.Length..]
            : $"its process ended with code {process.ExitCode}, perhaps for want of memory; the same command goes on with it");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception failure) when (failure is Win32Exception or IOException)
        {
            throw new KansformersException($"cannot start '{start.FileName}': {failure.Message}", failure);
        }
    }

    /// <summary>Hands on what is written, line by line.</summary>
    private sealed class Lines(Action<string> read) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void WriteLine(string? value) => read(value ?? "");
    }
}
