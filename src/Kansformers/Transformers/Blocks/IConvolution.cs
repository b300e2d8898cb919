namespace Kansformers.Transformers;

/// <summary>A module whose own parameters are the taps of a convolution of each channel by itself: in training they play a role of their own.</summary>
internal interface IConvolution;
