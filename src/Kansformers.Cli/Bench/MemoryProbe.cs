using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using TorchSharp;

namespace Kansformers.Cli.Bench;

/// <summary>Measures the memory of contestants, each in a process of its own: this program with a hidden verb.</summary>
internal sealed class MemoryProbe(BenchDisplay display, CancellationToken cancellation)
{
    /// <summary>The memory of each contestant of a case; those whose process fails are left out, with a line on standard error.</summary>
    /// <param name="title">What is measured, for the display.</param>
    /// <param name="names">The contestants.</param>
    /// <param name="request">The case, without the contestant.</param>
    public IReadOnlyDictionary<string, MemoryResult> Measure(string title, IEnumerable<string> names, Func<string, int, MemoryRequest> request)
    {
        Dictionary<string, MemoryResult> results = [];
        foreach (string name in names)
        {
            display.Show($"{title}: memory, {name}");
            if (Run($"{title}, {name}", request(name, torch.get_num_threads())) is MemoryResult result)
                results[name] = result;
        }

        return results;
    }

    private MemoryResult? Run(string title, MemoryRequest request)
    {
        ProcessStartInfo start = ThisProgram.Start();
        start.ArgumentList.Add("bench");
        start.ArgumentList.Add(MemoryChild.Verb);
        start.ArgumentList.Add(JsonSerializer.Serialize(request));
        start.RedirectStandardOutput = start.RedirectStandardError = start.RedirectStandardInput = true;
        try
        {
            using Process process = Process.Start(start)!;
            using CancellationTokenRegistration kill = cancellation.Register(() => Kill(process));
            process.StandardInput.Close();
            Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            if (process.ExitCode == 0)
                return JsonSerializer.Deserialize<MemoryResult>(output);
            string[] lines = error.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            display.Say($"{title}: memory not measured: {(lines is [.., string last] ? last : $"the process ended with code {process.ExitCode}, perhaps for want of memory")}");
        }
        catch (Exception failure) when (failure is Win32Exception or JsonException)
        {
            display.Say($"{title}: memory not measured: {failure.Message}");
        }

        return null;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
