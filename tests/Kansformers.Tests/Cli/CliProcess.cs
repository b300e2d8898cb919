using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Kansformers.Tests.Cli;

/// <summary>The program as a process of its own.</summary>
internal sealed class CliProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _out = new(), _error = new();

    private readonly string? _configuration;

    /// <summary>The program, to be run by <see cref="Host"/>.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "Kansformers.Cli.dll");

    public CliProcess(IReadOnlyDictionary<string, string?>? environment, params string[] args)
        : this(environment, asConfigured: true, args)
    {
    }

    /// <summary>Starts the program; not as configured means that the environment decides whether there is ICU, which the program's own configuration settles else.</summary>
    public CliProcess(IReadOnlyDictionary<string, string?>? environment, bool asConfigured, params string[] args)
    {
        ProcessStartInfo start = new(Host)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (!asConfigured)
        {
            string own = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Kansformers.Cli.runtimeconfig.json"));
            _configuration = Path.Combine(Path.GetTempPath(), $"kansformers-{Guid.NewGuid():N}.runtimeconfig.json");
            File.WriteAllText(_configuration, own.Replace("\"System.Globalization.Invariant\"", "\"Unused\"", StringComparison.Ordinal));
            foreach (string argument in new[] { "exec", "--runtimeconfig", _configuration })
                start.ArgumentList.Add(argument);
        }

        start.ArgumentList.Add(Program);
        foreach (string argument in args)
            start.ArgumentList.Add(argument);
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _out.AppendLine(line.Data);
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_error)
                _error.AppendLine(line.Data);
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it has said on standard error so far.</summary>
    public string Error
    {
        get
        {
            lock (_error)
                return _error.ToString();
        }
    }

    /// <summary>Ends the process as <c>kill -9</c> does: it is not told and cannot tidy up.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public CliResult Wait()
    {
        if (!_process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            Kill();
            Assert.Fail($"the program did not end: {_error}");
        }

        _process.WaitForExit(); // until both streams are read
        return new CliResult(_process.ExitCode, _out.ToString().TrimEnd(), _error.ToString().TrimEnd());
    }

    /// <summary>Waits until something holds or the process ends.</summary>
    public void WaitUntil(Func<bool> holds)
    {
        for (long start = Environment.TickCount64; !HasExited && !holds() && Environment.TickCount64 - start < 60_000;)
            Thread.Sleep(1);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
        if (_configuration is not null)
            File.Delete(_configuration);
    }

    /// <summary>The host that runs this test, three folders above the shared framework.</summary>
    public static string Host
    {
        get
        {
            string host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
            return File.Exists(host) ? host : "dotnet";
        }
    }
}
