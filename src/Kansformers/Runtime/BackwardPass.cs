using System.Runtime.ExceptionServices;

namespace Kansformers.Runtime;

/// <summary>
/// Runs backward passes through layers of this library so that their failures arrive as they were. An exception cannot travel through libtorch's frames; what
/// comes out of a bare <c>backward()</c> instead is libtorch's complaint about a gradient's shape.
/// </summary>
public static class BackwardPass
{
    [ThreadStatic]
    private static ExceptionDispatchInfo? _failure;

    /// <summary>Runs a backward pass, on this thread.</summary>
    /// <param name="pass">Calls <c>backward</c> or <c>autograd.grad</c>.</param>
    /// <exception cref="Exception">Whatever a layer's own backward pass threw, with its stack; else what libtorch says.</exception>
    public static void Run(Action pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        _failure = null;
        try
        {
            pass();
        }
        catch (Exception) when (_failure is not null)
        {
            ExceptionDispatchInfo failure = _failure;
            _failure = null;
            failure.Throw();
        }
    }

    /// <summary>Keeps what a layer's backward pass threw until libtorch has returned.</summary>
    internal static void Keep(Exception failure) => _failure ??= ExceptionDispatchInfo.Capture(failure);
}
